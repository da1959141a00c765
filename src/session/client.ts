import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import { appUrl } from "../library/model-assets.ts";
import type { ModelChoice } from "../library/types.ts";
import { ask, probe, score } from "./client-asking.ts";
import { exportSession } from "./exporting.ts";
import { endLink, type Link, noUsage, receive, refuseAll, settled } from "./link.ts";
import {
  checkExport,
  checkMemoryFile,
  checkOpenOptions,
  checkQuestion,
  checkSource,
  checkWatchOptions,
} from "./options.ts";
import type { ToPage, ToWorker } from "./protocol.ts";
import { createSnapshotStore } from "./snapshot-store.ts";
import type { Assistant, OpenOptions, Session, WatchOptions, WatchSource } from "./types.ts";

/**
 * Starts the worker and loads a model in it.
 *
 * @throws AuroraError `BadRequest`, `WebGpuUnavailable`, `AdapterTooSmall`, `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `DownloadFailed`, `OutOfMemory` or `Aborted`
 */
export async function openAssistant(options: OpenOptions): Promise<Assistant> {
  const { signal, onProgress } = options;
  checkOpenOptions(options);
  if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "aurora" });
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
      const { encoder = "auto", quantization = "auto" } = options;
      const model = toChoice(options.model);
      if (model.kind === "hub" || model.kind === "files") askToKeep();
      const message: ToWorker = { type: "open", model, quantization, encoder, appUrl: appUrl() };
      worker.postMessage(message);
    });
    return connect(worker, opened);
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

function connect(worker: Worker, { model, adapter }: Extract<ToPage, { type: "opened" }>): Assistant {
  let number = 0;
  const link: Link = {
    send: (message, transfer = []) => worker.postMessage(message, transfer),
    sessions: new Map(),
    answers: new Map(),
    scores: new Map(),
    probe: null,
    usages: new Map(),
    saves: new Map(),
    openings: new Map(),
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
        return createSession(link, options, model.stateBytes, (session, plain) =>
          link.send({ type: "watch", session, source: watched, options: plain }, transferOf(watched)),
        );
      } catch (error) {
        return refusedSession(toAuroraError(error, "Unexpected", "This cannot be watched."), model.stateBytes);
      }
    },
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

/** @param begin tells the worker of it */
function createSession(
  link: Link,
  options: WatchOptions,
  stateBytes: number,
  begin: (session: number, options: Omit<WatchOptions, "signal">) => void,
): Session {
  const number = link.next();
  const store = createSnapshotStore(stateBytes);
  let onClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  link.sessions.set(number, { store, onClosed });
  let lastPin = 0;
  const control = (action: Extract<ToWorker, { type: "control" }>["action"]) =>
    link.send({ type: "control", session: number, action });
  const { signal, ...plain } = options;
  signal?.addEventListener("abort", () => control("stop"), { once: true });
  begin(number, plain);
  if (signal?.aborted) control("stop");
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    ask: (question, askOptions = {}) => ask(link, number, question, askOptions),
    score: (question, given, scoreOptions = {}) => score(link, number, question, given, scoreOptions),
    resetConversation: () => control("reset-conversation"),
    pause: () => control("pause"),
    resume: () => control("resume"),
    stop: () => control("stop"),
    pin(question) {
      checkQuestion(question, {});
      const id = Math.max(lastPin, ...store.snapshot.standing.map((each) => each.id)) + 1;
      lastPin = id;
      link.send({ type: "pin", session: number, pin: id, question: question.trim() });
      return {
        id,
        question: question.trim(),
        get answers() {
          return store.snapshot.standing.find((each) => each.id === id)?.answers ?? [];
        },
        unpin: () => link.send({ type: "unpin", session: number, pin: id }),
      };
    },
    editNote: (note, text) => link.send({ type: "edit-note", session: number, note, text }),
    removeNote: (note) => link.send({ type: "edit-note", session: number, note, text: null }),
    export(kind) {
      checkExport(kind);
      return exportSession(store.snapshot, kind);
    },
    save() {
      const request = link.next();
      const saving = settled(link.saves, request, link);
      if (!link.ended) link.send({ type: "save", session: number, request });
      return saving;
    },
    close() {
      if (!link.sessions.has(number)) onClosed();
      else control("close");
      return closed;
    },
  };
}

/** A session that failed before anything was done for it. */
function refusedSession(error: AuroraError, stateBytes: number): Session {
  const store = createSnapshotStore(stateBytes);
  store.fail(error.toData());
  const nothing = () => undefined;
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    // biome-ignore lint/correctness/useYield: there is nothing to be yielded.
    async *ask() {
      throw error;
    },
    score: async () => {
      throw error;
    },
    resetConversation: nothing,
    pause: nothing,
    resume: nothing,
    stop: nothing,
    pin() {
      throw error;
    },
    editNote: nothing,
    removeNote: nothing,
    export: (kind) => exportSession(store.snapshot, kind),
    save: async () => {
      throw error;
    },
    close: async () => undefined,
  };
}
