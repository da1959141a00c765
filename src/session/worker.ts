import { AuroraError, toAuroraError } from "../errors.ts";
import { openVideoFrameCount } from "../video/frame-count.ts";
import { type Engine, openEngine } from "./engine.ts";
import type { ToPage, ToWorker } from "./protocol.ts";
import { createSession, type WorkerSession } from "./session.ts";

/** The part of a dedicated worker's global scope that is used here; TypeScript's DOM library describes the window's. */
const port = globalThis as unknown as {
  postMessage(message: ToPage): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
};

let engine: Engine | null = null;
let failure: AuroraError | null = null;
/** Lets the opening of the engine go on. */
let load: () => void = () => undefined;
const opening = new AbortController();
const sessions = new Map<number, WorkerSession>();
const answers = new Map<number, AbortController>();

port.addEventListener("message", ({ data }) => {
  switch (data.type) {
    case "open":
      void open(data);
      break;
    case "load":
      load();
      break;
    case "watch":
      watch(data);
      break;
    case "control":
      void control(data);
      break;
    case "ask":
      void ask(data);
      break;
    case "stop-answer":
      answers.get(data.ask)?.abort();
      break;
    case "usage":
      port.postMessage({
        type: "usage",
        request: data.request,
        usage: { ...ledger(), openVideoFrames: openVideoFrameCount() },
      });
      break;
    case "close":
      void close();
  }
});

function ledger(): { buffers: number; bytes: number } {
  return engine ? { buffers: engine.gpu.ledger.buffers, bytes: engine.gpu.ledger.bytes } : { buffers: 0, bytes: 0 };
}

async function open({ model, quantization, encoder, appUrl }: Extract<ToWorker, { type: "open" }>): Promise<void> {
  try {
    engine = await openEngine({
      model,
      quantization,
      encoder,
      appUrl,
      signal: opening.signal,
      onProgress: (progress) => port.postMessage({ type: "progress", progress }),
      beforeLoading: () =>
        new Promise((resolve) => {
          load = resolve;
          port.postMessage({ type: "before-loading" });
        }),
    });
    void engine.gpu.failed.then((error) => {
      failure = error;
      port.postMessage({ type: "failed", error: error.toData() });
    });
    port.postMessage({ type: "opened", model: engine.model, adapter: engine.adapter });
  } catch (error) {
    const typed = toAuroraError(
      error,
      "Unexpected",
      "The model could not be prepared, through a mistake of this app. Reload the page, or use another model.",
    );
    port.postMessage({ type: "open-failed", error: typed.toData() });
  }
}

function watch({ session, source, options }: Extract<ToWorker, { type: "watch" }>): void {
  if (!engine) return;
  const created = createSession(
    engine,
    source,
    options,
    (change) => port.postMessage({ type: "changed", session, change }),
    (sound) => port.postMessage({ type: "sound", session, sound }),
  );
  sessions.set(session, created);
}

async function control({ session: number, action }: Extract<ToWorker, { type: "control" }>): Promise<void> {
  const session = sessions.get(number);
  if (!session) return;
  if (action === "pause") session.pause();
  if (action === "resume") session.resume();
  if (action === "stop") session.stop();
  if (action === "reset-conversation") session.resetConversation();
  if (action === "close") {
    sessions.delete(number);
    await session.close();
    port.postMessage({ type: "session-closed", session: number });
  }
}

async function ask({ session: number, ask: id, question, options }: Extract<ToWorker, { type: "ask" }>): Promise<void> {
  const stop = new AbortController();
  answers.set(id, stop);
  try {
    const session = sessions.get(number);
    if (!session) throw new AuroraError("Aborted", "This video was closed. Open it again to ask about it.");
    const figures = await session.ask(question, { ...options, signal: stop.signal }, (text, sofar) =>
      port.postMessage({ type: "answer", ask: id, text, figures: sofar }),
    );
    port.postMessage({ type: "answer-end", ask: id, figures });
  } catch (error) {
    const typed = failure ?? toAuroraError(error, "Unexpected", brokenOff);
    port.postMessage({ type: "answer-failed", ask: id, error: typed.toData() });
  } finally {
    answers.delete(id);
  }
}

const brokenOff = "The answer broke off through a mistake of this app. Ask again, or reload the page.";

async function close(): Promise<void> {
  opening.abort();
  for (const stop of answers.values()) stop.abort();
  await Promise.allSettled([...sessions.values()].map((session) => session.close()));
  await engine?.destroy();
  port.postMessage({ type: "closed" });
}
