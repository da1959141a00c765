import type { AuroraError } from "../../errors.ts";
import type { SpokenLine } from "../../speech/protocol.ts";
import type { ToWorker } from "../protocol.ts";
import type { Session, WatchOptions } from "../types.ts";
import { ask, score } from "./client-asking.ts";
import { exportSession } from "./exporting.ts";
import { createFinding } from "./find.ts";
import { type Link, settled } from "./link.ts";
import { createListening } from "./listening.ts";
import { checkExport, checkFind, checkQuestion } from "./options.ts";
import { createSeen } from "./seen.ts";
import { createSnapshotStore } from "./snapshot-store.ts";

/**
 * The page's end of a session in the worker.
 *
 * @param begin tells the worker of it
 * @param live the sound of what is live
 */
export function createSession(
  link: Link,
  options: WatchOptions,
  stateBytes: number,
  begin: (session: number, options: Omit<WatchOptions, "signal">) => void,
  live: MediaStreamTrack | null = null,
): Session {
  const number = link.next();
  const store = createSnapshotStore(stateBytes);
  const { signal, listen = false, recogniser = null, ...plain } = options;
  const listening = createListening(store, {
    on: listen,
    assets: link.assets,
    recogniser,
    live,
    onSpoken: (change) => link.send({ type: "said", session: number, change }),
    ...(options.speech && { onHeard: tell }),
  });
  const seen = createSeen(store);
  const find = createFinding(link, store, seen);
  const closed = Promise.withResolvers<void>();
  const onClosed = () => {
    listening.close();
    seen.close();
    closed.resolve();
  };
  const { offer: onSound, restore: onSpoken } = listening;
  link.sessions.set(number, { store, onSound, onSpoken, onSeen: seen.add, onSearchModel: seen.reset, onClosed });
  let lastPin = 0;
  const control = (action: Extract<ToWorker, { type: "control" }>["action"]) =>
    link.send({ type: "control", session: number, action });
  signal?.addEventListener("abort", () => control("stop"), { once: true });
  const unpin = (pin: number) => link.send({ type: "unpin", session: number, pin });
  begin(number, { ...plain, listen });
  store.subscribe(() => {
    if (["stopped", "failed"].includes(store.snapshot.status)) listening.end();
  });
  if (signal?.aborted) control("stop");
  function tell(lines: readonly SpokenLine[], untilSeconds: number | null): void {
    const said = lines.map(({ startSeconds, endSeconds, text }) => ({
      fromSeconds: startSeconds,
      untilSeconds: endSeconds,
      text,
    }));
    link.send({ type: "heard", session: number, lines: said, untilSeconds });
  }

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    ask: (question, askOptions = {}) => ask(link, number, question, askOptions),
    score: (question, given, scoreOptions = {}) => score(link, number, question, given, scoreOptions),
    listen: listening.listen,
    chooseSound: listening.choose,
    useRecogniser: listening.use,
    editLine: listening.edit,
    find: find.text,
    findAlike: find.alike,
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
        unpin: () => unpin(id),
      };
    },
    unpin,
    editNote: (note, text) => link.send({ type: "edit-note", session: number, note, text }),
    removeNote: (note) => link.send({ type: "edit-note", session: number, note, text: null }),
    export: (kind, part) => exportSession(store.snapshot, checkExport(kind, part)),
    save() {
      const request = link.next();
      const saving = settled(link.saves, request, link);
      if (!link.ended) link.send({ type: "save", session: number, request });
      return saving;
    },
    close({ keepSaved = false } = {}) {
      listening.close();
      seen.close();
      if (!link.sessions.has(number)) onClosed();
      else control(keepSaved ? "leave" : "close");
      return closed.promise;
    },
  };
}

/** A session that failed before anything was done for it. */
export function refusedSession(error: AuroraError, stateBytes: number): Session {
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
    listen: nothing,
    chooseSound: nothing,
    useRecogniser: nothing,
    editLine: nothing,
    find: async (text, options = {}) => {
      checkFind(text, options);
      return [];
    },
    findAlike: async () => [],
    resetConversation: nothing,
    pause: nothing,
    resume: nothing,
    stop: nothing,
    pin() {
      throw error;
    },
    unpin: nothing,
    editNote: nothing,
    removeNote: nothing,
    export: (kind, part) => exportSession(store.snapshot, checkExport(kind, part)),
    save: async () => {
      throw error;
    },
    close: async () => undefined,
  };
}
