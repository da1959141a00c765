import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import { appUrl } from "../library/model-assets.ts";
import type { ModelChoice } from "../library/types.ts";
import { ask, score } from "./client-asking.ts";
import type { Link } from "./link.ts";
import { checkOpenOptions, checkSource, checkWatchOptions } from "./options.ts";
import type { GpuUsage, ToPage, ToWorker } from "./protocol.ts";
import { createSnapshotStore } from "./snapshot-store.ts";
import type { Assistant, OpenOptions, ProbeOptions, ProbeReport, Session, WatchOptions, WatchSource } from "./types.ts";

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
    send: (message) => worker.postMessage(message),
    sessions: new Map(),
    answers: new Map(),
    scores: new Map(),
    probe: null,
    usages: new Map(),
    next: () => number++,
    ended: null,
  };
  let fail: (error: ErrorData) => void;
  const failed = new Promise<ErrorData>((resolve) => {
    fail = resolve;
  });
  const failAll = (error: ErrorData) => {
    failAnswers(link, error);
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
    end(link);
    settleClosed();
  };
  return {
    model,
    adapter,
    failed,
    watch(source, options = {}) {
      try {
        checkWatchOptions(options);
        return createSession(link, checkSource(source), options, model.stateBytes);
      } catch (error) {
        return refusedSession(toAuroraError(error, "Unexpected", "This cannot be watched."), model.stateBytes);
      }
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

const noUsage: GpuUsage = { buffers: 0, bytes: 0, openVideoFrames: 0 };

/** Settles all that waits for a worker that was closed: it answers no more. */
function end(link: Link): void {
  link.ended = new AuroraError("Aborted", "The model was closed. Open it again to go on.").toData();
  failAnswers(link, link.ended);
  for (const { onClosed } of link.sessions.values()) onClosed();
  link.sessions.clear();
  for (const resolve of link.usages.values()) resolve(noUsage);
  link.usages.clear();
}

function failAnswers({ answers, scores, probe }: Link, error: ErrorData): void {
  probe?.reject(AuroraError.fromData(error));
  for (const answer of answers.values()) answer.fail(AuroraError.fromData(error));
  for (const score of scores.values()) score.reject(AuroraError.fromData(error));
}

function receive(link: Link, data: ToPage): void {
  switch (data.type) {
    case "changed":
      link.sessions.get(data.session)?.store.apply(data.change);
      break;
    case "session-closed":
      link.sessions.get(data.session)?.onClosed();
      link.sessions.delete(data.session);
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

function createSession(link: Link, source: WatchSource, options: WatchOptions, stateBytes: number): Session {
  const number = link.next();
  const store = createSnapshotStore(stateBytes);
  let onClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  link.sessions.set(number, { store, onClosed });
  const control = (action: Extract<ToWorker, { type: "control" }>["action"]) =>
    link.send({ type: "control", session: number, action });
  const { signal, ...plain } = options;
  signal?.addEventListener("abort", () => control("stop"), { once: true });
  link.send({ type: "watch", session: number, source, options: plain });
  if (signal?.aborted) control("stop");
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    ask: (question, askOptions = {}) => ask(link, number, question, askOptions),
    score: (question, answers, scoreOptions = {}) => score(link, number, question, answers, scoreOptions),
    resetConversation: () => control("reset-conversation"),
    pause: () => control("pause"),
    resume: () => control("resume"),
    stop: () => control("stop"),
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
    score: () => Promise.reject(error),
    resetConversation: nothing,
    pause: nothing,
    resume: nothing,
    stop: nothing,
    close: async () => undefined,
  };
}

async function probe(link: Link, { signal, onProgress }: ProbeOptions): Promise<ProbeReport> {
  if (link.ended) throw AuroraError.fromData(link.ended);
  if (link.probe) throw new AuroraError("BadRequest", "probe: the model is being checked already. Wait for its end.");
  const running = { ...Promise.withResolvers<ProbeReport>(), ...(onProgress && { onProgress }) };
  const stop = () => link.send({ type: "stop-probe" });
  link.probe = running;
  link.send({ type: "probe" });
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    return await running.promise;
  } finally {
    signal?.removeEventListener("abort", stop);
    link.probe = null;
  }
}
