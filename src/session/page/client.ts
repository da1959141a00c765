import { AuroraError, type ErrorData, toAuroraError } from "../../errors.ts";
import { appUrl } from "../../library/model-assets.ts";
import type { ModelChoice } from "../../library/types.ts";
import { cannotSee } from "../../model/config.ts";
import type { ToPage, ToWorker } from "../protocol.ts";
import type { Assistant, OpenOptions, WatchOptions, WatchSource } from "../types.ts";
import { probe } from "./client-asking.ts";
import { closeSearch, openSearch } from "./client-search.ts";
import { createSession, refusedSession } from "./client-session.ts";
import { endLink, type Link, noUsage, receive, refuseAll, settled } from "./link.ts";
import { checkMemoryFile, checkOpenOptions, checkSource, checkWatchOptions } from "./options.ts";

/**
 * Starts the worker and loads a model in it.
 *
 * @throws AuroraError `BadRequest`, `WebGpuUnavailable`, `AdapterTooSmall`, `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `DownloadFailed`, `OutOfMemory` or `Aborted`
 */
export async function openAssistant(options: OpenOptions): Promise<Assistant> {
  const { signal, onProgress } = options;
  checkOpenOptions(options);
  if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
  const assets = options.assets === undefined ? appUrl() : folderUrl(options.assets);
  const worker = new Worker(new URL("../worker.ts", import.meta.url), { type: "module", name: "aurora" });
  try {
    const opened = await new Promise<Extract<ToPage, { type: "opened" }>>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new AuroraError("Aborted", "Stopped.")), { once: true });
      worker.onerror = (event) =>
        reject(
          new AuroraError(
            "Unexpected",
            "The app's worker did not start. Reload the page, or use a recent browser.",
            event.message,
          ),
        );
      worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
        if (data.type === "progress") onProgress?.(data.progress);
        if (data.type === "before-loading") {
          Promise.resolve(options.beforeLoading?.()).then(
            () => worker.postMessage({ type: "load" } satisfies ToWorker),
            reject,
          );
        }
        if (data.type === "opened") resolve(data);
        if (data.type === "open-failed") reject(AuroraError.fromData(data.error));
      };
      const { encoder = "auto", encoderPrecision = "auto", kernels = "auto", quantization = "auto" } = options;
      const model = toChoice(options.model);
      if (model.kind === "hub" || model.kind === "files") askToKeep();
      const choices = { quantization, encoder, encoderPrecision, kernels };
      worker.postMessage({ type: "open", model, ...choices, appUrl: assets } satisfies ToWorker);
    });
    return connect(worker, opened, assets);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** Asks the browser not to delete what is stored when space runs short; some ask the person, so it is done on a click only. */
function askToKeep(): void {
  navigator.storage?.persist?.().catch(() => undefined);
}

/** A choice whose address is absolute, so that a worker reads it alike. */
function toChoice(model: string | ModelChoice): ModelChoice {
  const choice = typeof model === "string" ? { kind: "folder" as const, url: model } : model;
  return choice.kind === "folder" ? { ...choice, url: new URL(choice.url, document.baseURI).href } : choice;
}

/** The absolute address of a folder, which ends in a slash. */
function folderUrl(folder: string | URL): string {
  const url = new URL(folder, document.baseURI).href;
  return url.endsWith("/") ? url : `${url}/`;
}

function connect(worker: Worker, { model, adapter }: Extract<ToPage, { type: "opened" }>, assets: string): Assistant {
  let number = 0;
  const link: Link = {
    send: (message, transfer = []) => worker.postMessage(message, transfer),
    assets,
    sessions: new Map(),
    answers: new Map(),
    scores: new Map(),
    probe: null,
    usages: new Map(),
    saves: new Map(),
    openings: new Map(),
    search: null,
    searches: new Map(),
    searchProgress: new Map(),
    embeds: new Map(),
    next: () => number++,
    ended: null,
  };
  let fail: (error: ErrorData) => void;
  const failed = new Promise<ErrorData>((resolve) => {
    fail = resolve;
  });
  const failAll = (error: ErrorData) => {
    refuseAll(link, error);
    for (const { store } of link.sessions.values()) store.fail(error);
    fail(error);
  };
  let settleClosed: () => void;
  const closed = new Promise<void>((resolve) => {
    settleClosed = resolve;
  });
  worker.onerror = (event) => {
    failAll(
      new AuroraError("Unexpected", "The app's worker crashed. Reload the model to go on.", event.message).toData(),
    );
    stop(); // it answers no more, and what it holds of the GPU is to be free
  };
  worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
    if (data.type === "failed") failAll(data.error);
    else if (data.type === "closed") stop();
    else receive(link, data);
  };
  const stop = () => {
    worker.terminate();
    endLink(link);
    settleClosed();
  };
  return {
    model,
    adapter,
    failed,
    watch(source, options = {}) {
      try {
        const watched = checkSource(source);
        checkWatchOptions(options, watched);
        if (!model.sees) throw new AuroraError("ModelUnsupported", cannotSee(model.name));
        const live = source instanceof MediaStream ? (source.getAudioTracks()[0] ?? null) : null;
        const begin = (session: number, plain: Omit<WatchOptions, "signal">) =>
          link.send({ type: "watch", session, source: watched, options: plain }, transferOf(watched));
        return createSession(link, options, model.stateBytes, begin, live);
      } catch (error) {
        return refusedSession(toAuroraError(error, "Unexpected", "This cannot be watched."), model.stateBytes);
      }
    },
    chat: () =>
      createSession(link, {}, model.stateBytes, (session, options) =>
        link.send({ type: "watch", session, source: null, options }),
      ),
    async open(file, options = {}) {
      const { video, ...watching } = options;
      checkMemoryFile(file);
      const source = video === undefined ? null : checkSource(video);
      checkWatchOptions(watching, source ?? undefined);
      let opening: Promise<void> | null = null;
      const session = createSession(link, watching, model.stateBytes, (number, plain) => {
        opening = settled(link.openings, number, link);
        const transfer = source ? transferOf(source) : [];
        link.send({ type: "open-memory", session: number, file, source, options: plain }, transfer);
      });
      await opening;
      return session;
    },
    probe: (options = {}) => probe(link, options),
    async openSearch(choice, options = {}) {
      checkOpenOptions({ model: choice });
      const model = toChoice(choice);
      if (model.kind === "hub" || model.kind === "files") askToKeep();
      return openSearch(link, model, options);
    },
    closeSearch: () => closeSearch(link),
    gpuUsage: () =>
      new Promise((resolve) => {
        if (link.ended) return resolve(noUsage);
        const request = link.next();
        link.usages.set(request, resolve);
        link.send({ type: "usage", request });
      }),
    close() {
      link.send({ type: "close" });
      const timer = setTimeout(stop, giveUpMs);
      return closed.finally(() => clearTimeout(timer));
    },
  };
}

/** How long a worker may take to close, e.g. one whose GPU hangs, before it is ended with all that it holds. */
const giveUpMs = 15_000;

/** What of a source goes over to the worker for good. */
function transferOf(source: WatchSource): Transferable[] {
  return source.kind === "live" ? [source.frames] : [];
}
