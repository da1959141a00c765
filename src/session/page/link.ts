import { AuroraError, type ErrorData } from "../../errors.ts";
import type { LoadProgress } from "../../library/types.ts";
import type { SoundPlace } from "../../video/frame-source.ts";
import type { GpuUsage, ToPage, ToWorker } from "../protocol.ts";
import type { SeenFrames } from "../seeing/seen-frames.ts";
import type { Spoken } from "../spoken.ts";
import type { AnswerScore, ProbeOptions, ProbeReport, SearchModelInfo } from "../types.ts";
import type { createAnswerQueue } from "./answer-queue.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** How what is waited for ends. */
type Settle<T> = { resolve(value: T): void; reject(error: AuroraError): void };

/** What is told of a session. */
type OpenSession = {
  readonly store: SnapshotStore;
  readonly onSound: (sound: SoundPlace | null) => void;
  /** Told what a memory file says was said. */
  readonly onSpoken: (spoken: Spoken) => void;
  readonly onSeen: (seen: SeenFrames) => void;
  /** Told that there is another search model, or none. */
  readonly onSearchModel: () => void;
  readonly onClosed: () => void;
};

/** The page's end of a worker: what waits for its messages, by number. */
export type Link = {
  send(message: ToWorker, transfer?: Transferable[]): void;
  /** The folder that the app's own files lie in. */
  readonly assets: string;
  readonly sessions: Map<number, OpenSession>;
  readonly answers: Map<number, ReturnType<typeof createAnswerQueue>>;
  readonly scores: Map<number, PromiseWithResolvers<readonly AnswerScore[]>>;
  /** The check of the model that runs. */
  probe: (PromiseWithResolvers<ProbeReport> & Pick<ProbeOptions, "onProgress">) | null;
  readonly usages: Map<number, (usage: GpuUsage) => void>;
  /** Files that were asked for, and sessions that are being opened from one, by number. */
  readonly saves: Map<number, Settle<Blob>>;
  readonly openings: Map<number, Settle<void>>;
  /** What finds what was seen; null where nothing does. */
  search: SearchModelInfo | null;
  /** Search models that are being opened, and texts that are being read by one, by number. */
  readonly searches: Map<number, Settle<SearchModelInfo>>;
  readonly searchProgress: Map<number, (progress: LoadProgress) => void>;
  readonly embeds: Map<number, Settle<Float32Array>>;
  next(): number;
  /** Why the worker does nothing any more; null while it works. */
  ended: ErrorData | null;
};

/** The usage of a worker that holds nothing any more. */
export const noUsage: GpuUsage = { buffers: 0, bytes: 0, openVideoFrames: 0 };

/** Settles all that waits for a worker that was closed: it answers no more. */
export function endLink(link: Link): void {
  link.ended = new AuroraError("Aborted", "The model was closed. Open it again to go on.").toData();
  refuseAll(link, link.ended);
  for (const { onClosed } of link.sessions.values()) onClosed();
  link.sessions.clear();
  for (const resolve of link.usages.values()) resolve(noUsage);
  link.usages.clear();
}

/** Fails all that waits for something to come of its question, save or file. */
export function refuseAll(link: Link, data: ErrorData): void {
  const { answers, scores, probe, saves, openings, searches, embeds } = link;
  probe?.reject(AuroraError.fromData(data));
  for (const score of scores.values()) score.reject(AuroraError.fromData(data));
  for (const answer of answers.values()) answer.fail(AuroraError.fromData(data));
  for (const waiting of [saves, openings, searches, embeds]) {
    for (const each of waiting.values()) each.reject(AuroraError.fromData(data));
    waiting.clear();
  }
}

/** Waits for what the worker says under this number. */
export function settled<T>(waiting: Map<number, Settle<T>>, number: number, { ended }: Link): Promise<T> {
  return new Promise((resolve, reject) => {
    if (ended) reject(AuroraError.fromData(ended));
    else waiting.set(number, { resolve, reject });
  });
}

export function receive(link: Link, data: ToPage): void {
  switch (data.type) {
    case "changed":
      link.sessions.get(data.session)?.store.apply(data.change);
      break;
    case "sound":
      link.sessions.get(data.session)?.onSound(data.sound);
      break;
    case "spoken":
      link.sessions.get(data.session)?.onSpoken(data.spoken);
      break;
    case "seen":
      link.sessions.get(data.session)?.onSeen(data.seen);
      break;
    case "search-progress":
      link.searchProgress.get(data.request)?.(data.progress);
      break;
    case "search-opened":
      link.search = data.info;
      for (const { onSearchModel } of link.sessions.values()) onSearchModel();
      link.searches.get(data.request)?.resolve(data.info);
      link.searches.delete(data.request);
      break;
    case "embedded":
      link.embeds.get(data.request)?.resolve(data.vector);
      link.embeds.delete(data.request);
      break;
    case "search-failed":
      for (const waiting of [link.searches, link.embeds]) {
        waiting.get(data.request)?.reject(AuroraError.fromData(data.error));
        waiting.delete(data.request);
      }
      break;
    case "session-closed":
      link.sessions.get(data.session)?.onClosed();
      link.sessions.delete(data.session);
      break;
    case "memory-opened":
      link.openings.get(data.session)?.resolve();
      link.openings.delete(data.session);
      break;
    case "memory-refused":
      link.openings.get(data.session)?.reject(AuroraError.fromData(data.error));
      link.openings.delete(data.session);
      link.sessions.delete(data.session);
      break;
    case "saved":
      link.saves.get(data.request)?.resolve(data.file);
      link.saves.delete(data.request);
      break;
    case "save-failed":
      link.saves.get(data.request)?.reject(AuroraError.fromData(data.error));
      link.saves.delete(data.request);
      break;
    case "answer":
      link.answers.get(data.ask)?.push({ text: data.text, done: false, figures: data.figures });
      break;
    case "answer-end":
      link.answers.get(data.ask)?.end({ text: "", done: true, figures: data.figures });
      break;
    case "answer-failed":
      link.answers.get(data.ask)?.fail(AuroraError.fromData(data.error));
      link.scores.get(data.ask)?.reject(AuroraError.fromData(data.error));
      break;
    case "scores":
      link.scores.get(data.ask)?.resolve(data.scores);
      break;
    case "probing":
      link.probe?.onProgress?.(data.progress);
      break;
    case "probed":
      link.probe?.resolve(data.report);
      break;
    case "probe-failed":
      link.probe?.reject(AuroraError.fromData(data.error));
      break;
    case "usage":
      link.usages.get(data.request)?.(data.usage);
      link.usages.delete(data.request);
  }
}
