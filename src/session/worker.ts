import { AuroraError, toAuroraError } from "../errors.ts";
import { openAppFiles } from "../library/model-assets.ts";
import { loadPart } from "../load-part.ts";
import { openVideoFrameCount } from "../video/frame-count.ts";
import type { SoundPlace } from "../video/frame-source.ts";
import { type Engine, openEngine } from "./engine.ts";
import { readMemoryFile } from "./memory/memory-file.ts";
import type { SessionChange, ToPage, ToWorker } from "./protocol.ts";
import { restoreSpoken } from "./saving.ts";
import type { SeenFrames } from "./seeing/seen-frames.ts";
import { createSession, type SessionStart, type WorkerSession } from "./session.ts";

/** The part of a dedicated worker's global scope that is used here; TypeScript's DOM library describes the window's. */
const port = globalThis as unknown as {
  postMessage(message: ToPage): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
};

let engine: Engine | null = null;
let failure: AuroraError | null = null;
/** The folder that the app's own files lie in. */
let appFolder = "";
/** Ends the check of the model that runs. */
let probing: AbortController | null = null;
/** Ends the opening of a search model that runs. */
let searching: AbortController | null = null;
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
    case "open-memory":
      void openMemory(data);
      break;
    case "pin":
      sessions.get(data.session)?.pin(data.pin, data.question);
      break;
    case "unpin":
      sessions.get(data.session)?.unpin(data.pin);
      break;
    case "edit-note":
      sessions.get(data.session)?.editNote(data.note, data.text);
      break;
    case "said":
      sessions.get(data.session)?.noteSpoken(data.change);
      break;
    case "heard":
      sessions.get(data.session)?.hear(data.lines, data.untilSeconds);
      break;
    case "save":
      void save(data);
      break;
    case "control":
      void control(data);
      break;
    case "ask":
      void ask(data);
      break;
    case "score":
      void score(data);
      break;
    case "probe":
      void probe();
      break;
    case "stop-probe":
      probing?.abort();
      break;
    case "open-search":
      void openSearch(data);
      break;
    case "stop-search":
      searching?.abort();
      break;
    case "close-search":
      void engine?.search.set(null);
      break;
    case "embed":
      void embed(data);
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

async function open({ type: _, ...options }: Extract<ToWorker, { type: "open" }>): Promise<void> {
  appFolder = options.appUrl;
  try {
    engine = await openEngine({
      ...options,
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
  begin(engine, session, { source, options, saved: null });
}

function begin(opened: Engine, session: number, start: SessionStart): void {
  const publish = (change: SessionChange) => port.postMessage({ type: "changed", session, change });
  const onSound = (sound: SoundPlace | null) => port.postMessage({ type: "sound", session, sound });
  const onSeen = (seen: SeenFrames) => port.postMessage({ type: "seen", session, seen });
  sessions.set(session, createSession(opened, start, publish, onSound, onSeen));
}

async function openMemory(message: Extract<ToWorker, { type: "open-memory" }>): Promise<void> {
  const { session, file, source, options } = message;
  if (!engine) return;
  try {
    const saved = await readMemoryFile(file, engine.model, engine.config.text);
    // Before all else: the sound of a video that it goes on with is heard from there on.
    port.postMessage({ type: "spoken", session, spoken: restoreSpoken(saved) });
    begin(engine, session, { source, options, saved });
    port.postMessage({ type: "memory-opened", session });
  } catch (error) {
    const typed = toAuroraError(error, "Unexpected", "The memory could not be opened. Reload the page and try again.");
    port.postMessage({ type: "memory-refused", session, error: typed.toData() });
  }
}

async function save({ session, request }: Extract<ToWorker, { type: "save" }>): Promise<void> {
  try {
    const found = sessions.get(session);
    if (!found) throw new AuroraError("Aborted", "This video was closed. Open it again to save what was seen of it.");
    port.postMessage({ type: "saved", request, file: await found.save() });
  } catch (error) {
    const typed = failure ?? toAuroraError(error, "Unexpected", "The memory could not be saved. Try again.");
    port.postMessage({ type: "save-failed", request, error: typed.toData() });
  }
}

async function control({ session: number, action }: Extract<ToWorker, { type: "control" }>): Promise<void> {
  const session = sessions.get(number);
  if (!session) return;
  if (action === "pause") session.pause();
  if (action === "resume") session.resume();
  if (action === "stop") session.stop();
  if (action === "reset-conversation") session.resetConversation();
  if (action === "close" || action === "leave") {
    sessions.delete(number);
    await session.close(failure !== null || action === "leave");
    port.postMessage({ type: "session-closed", session: number });
  }
}

function ask({ session, ask: id, question, options }: Extract<ToWorker, { type: "ask" }>): Promise<void> {
  return answer(session, id, async (asked, signal) => {
    const figures = await asked.ask(question, { ...options, signal }, (text, sofar) =>
      port.postMessage({ type: "answer", ask: id, text, figures: sofar }),
    );
    port.postMessage({ type: "answer-end", ask: id, figures });
  });
}

function score({ session, ask: id, question, answers, options }: Extract<ToWorker, { type: "score" }>): Promise<void> {
  return answer(session, id, async (asked, signal) => {
    const scores = await asked.score(question, answers, { ...options, signal });
    port.postMessage({ type: "scores", ask: id, scores });
  });
}

/** Runs what asks a session; the page is told where it fails, and can end it by its number. */
async function answer(
  number: number,
  id: number,
  run: (session: WorkerSession, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  answers.set(id, stop);
  try {
    const session = sessions.get(number);
    if (!session) throw new AuroraError("Aborted", "This video was closed. Open it again to ask about it.");
    await run(session, stop.signal);
  } catch (error) {
    const typed = failure ?? toAuroraError(error, "Unexpected", brokenOff);
    port.postMessage({ type: "answer-failed", ask: id, error: typed.toData() });
  } finally {
    answers.delete(id);
  }
}

async function probe(): Promise<void> {
  if (!engine) return;
  const stop = new AbortController();
  probing = stop;
  try {
    const { probeModel } = await loadPart(() => import("./probe/probe.ts"));
    const report = await probeModel(engine, openAppFiles(appFolder, stop.signal), {
      signal: stop.signal,
      onProgress: (progress) => port.postMessage({ type: "probing", progress }),
    });
    port.postMessage({ type: "probed", report });
  } catch (error) {
    const typed = failure ?? toAuroraError(error, "Unexpected", "The check broke off through a mistake of this app.");
    port.postMessage({ type: "probe-failed", error: typed.toData() });
  } finally {
    probing = null;
  }
}

async function openSearch({ request, model }: Extract<ToWorker, { type: "open-search" }>): Promise<void> {
  if (!engine) return;
  searching?.abort();
  const stop = new AbortController();
  searching = stop;
  try {
    const { openSearchModel } = await loadPart(() => import("./seeing/search-model.ts"));
    const opened = await openSearchModel(engine, model, {
      signal: stop.signal,
      onProgress: (progress) => port.postMessage({ type: "search-progress", request, progress }),
    });
    port.postMessage({ type: "search-opened", request, info: opened.info });
    await engine.search.set(opened);
  } catch (error) {
    refuseSearch(request, error, "The search model could not be opened. Try again, or choose another one.");
  } finally {
    if (searching === stop) searching = null;
  }
}

async function embed({ request, text }: Extract<ToWorker, { type: "embed" }>): Promise<void> {
  try {
    const model = engine?.search.model;
    if (!model) throw new AuroraError("Aborted", "The search model was closed. Open it again to find what was seen.");
    port.postMessage({ type: "embedded", request, vector: await model.embedText(text) });
  } catch (error) {
    refuseSearch(request, error, "The text could not be looked for in the pictures. Try again.");
  }
}

function refuseSearch(request: number, error: unknown, message: string): void {
  const typed = failure ?? toAuroraError(error, "Unexpected", message);
  port.postMessage({ type: "search-failed", request, error: typed.toData() });
}

const brokenOff = "The answer broke off through a mistake of this app. Ask again, or reload the page.";

async function close(): Promise<void> {
  opening.abort();
  probing?.abort();
  searching?.abort();
  for (const stop of answers.values()) stop.abort();
  await Promise.allSettled([...sessions.values()].map((session) => session.close(true)));
  await engine?.destroy();
  port.postMessage({ type: "closed" });
}
