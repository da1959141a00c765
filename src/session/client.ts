import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import { appUrl } from "../library/model-assets.ts";
import type { ModelChoice } from "../library/types.ts";
import { exportTranscript } from "../speech/export-transcript.ts";
import { createAnswerQueue } from "./answer-queue.ts";
import { createFinder } from "./find.ts";
import { createListening, type Listening } from "./listening.ts";
import { checkFind, checkFormat, checkOpenOptions, checkQuestion, checkSource, checkWatchOptions } from "./options.ts";
import type { GpuUsage, ToPage, ToWorker } from "./protocol.ts";
import { createSnapshotStore, type SnapshotStore } from "./snapshot-store.ts";
import type { AskOptions, Assistant, OpenOptions, Session, WatchOptions, WatchSource } from "./types.ts";

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

type OpenSession = {
  readonly store: SnapshotStore;
  readonly listening: Listening;
  readonly onClosed: () => void;
};

type Link = {
  send(message: ToWorker): void;
  readonly sessions: Map<number, OpenSession>;
  readonly answers: Map<number, ReturnType<typeof createAnswerQueue>>;
  readonly usages: Map<number, (usage: GpuUsage) => void>;
  next(): number;
  /** Why the worker does nothing any more; null while it works. */
  ended: ErrorData | null;
};

function connect(worker: Worker, { model, adapter }: Extract<ToPage, { type: "opened" }>): Assistant {
  let number = 0;
  const link: Link = {
    send: (message) => worker.postMessage(message),
    sessions: new Map(),
    answers: new Map(),
    usages: new Map(),
    next: () => number++,
    ended: null,
  };
  let fail: (error: ErrorData) => void;
  const failed = new Promise<ErrorData>((resolve) => {
    fail = resolve;
  });
  const failAll = (error: ErrorData) => {
    for (const answer of link.answers.values()) answer.fail(AuroraError.fromData(error));
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
  for (const answer of link.answers.values()) answer.fail(AuroraError.fromData(link.ended));
  for (const { listening, onClosed } of link.sessions.values()) {
    listening.close();
    onClosed();
  }
  link.sessions.clear();
  for (const resolve of link.usages.values()) resolve(noUsage);
  link.usages.clear();
}

function receive(link: Link, data: ToPage): void {
  switch (data.type) {
    case "changed":
      link.sessions.get(data.session)?.store.apply(data.change);
      break;
    case "sound":
      link.sessions.get(data.session)?.listening.offer(data.sound);
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
  const { signal, listen = false, ...plain } = options;
  const listening = createListening(store, listen);
  const findIn = createFinder();
  link.sessions.set(number, { store, listening, onClosed });
  const control = (action: Extract<ToWorker, { type: "control" }>["action"]) =>
    link.send({ type: "control", session: number, action });
  signal?.addEventListener("abort", () => control("stop"), { once: true });
  link.send({ type: "watch", session: number, source, options: plain });
  if (signal?.aborted) control("stop");
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    ask: (question, askOptions = {}) => ask(link, number, question, askOptions),
    listen: listening.listen,
    chooseSound: listening.choose,
    editLine: listening.edit,
    find: (text, options = {}) => findIn(store.snapshot, text, checkFind(text, options)),
    export: (format) => exportTranscript(store.snapshot.transcript.lines, checkFormat(format)),
    resetConversation: () => control("reset-conversation"),
    pause() {
      listening.pause();
      control("pause");
    },
    resume() {
      listening.resume();
      control("resume");
    },
    stop: () => control("stop"),
    close() {
      listening.close();
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
    listen: nothing,
    chooseSound: nothing,
    editLine: nothing,
    find: (text, options = {}) => {
      checkFind(text, options);
      return [];
    },
    export: (format) => exportTranscript([], checkFormat(format)),
    resetConversation: nothing,
    pause: nothing,
    resume: nothing,
    stop: nothing,
    close: async () => undefined,
  };
}

async function* ask(link: Link, session: number, question: string, { signal, ...options }: AskOptions) {
  checkQuestion(question, options);
  const number = link.next();
  const queue = createAnswerQueue();
  const stop = () => link.send({ type: "stop-answer", ask: number });
  link.answers.set(number, queue);
  if (link.ended) queue.fail(AuroraError.fromData(link.ended));
  else link.send({ type: "ask", session, ask: number, question, options });
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    yield* queue.pieces();
  } finally {
    signal?.removeEventListener("abort", stop);
    stop(); // without effect when the answer is complete
    link.answers.delete(number);
  }
}
