import { type ErrorData, toAuroraError } from "../../errors.ts";
import type { AnswerFigures, AskOptions, Session } from "../../session/types.ts";
import { createStore, type Store } from "../parts/store.ts";
import type { Askable } from "../watch/watched-video.ts";

/** Where an answer comes from: the state as it is, or a second reading of all kept frames. */
export type AskMode = NonNullable<AskOptions["from"]>;

/** What part of the video a question is about: what was known at a second, or some seconds alone; null for all of it. */
export type Scope = { readonly at: number } | { readonly range: readonly [from: number, to: number] } | null;

/** One question with its answer. */
export type Turn = {
  readonly id: number;
  readonly question: string;
  readonly mode: AskMode;
  readonly scope: Scope;
  /** The answer so far. */
  readonly text: string;
  /** `waiting` until the first piece, for the model or the first frame too. */
  readonly status: "waiting" | "writing" | "done" | "stopped" | "failed";
  /** Null before the first piece of the answer. */
  readonly figures: AnswerFigures | null;
  /** How much of the video, in seconds, had been watched when the question was put to the session; null before. */
  readonly watchedUntilSeconds: number | null;
  /** Name of the model that the question was put to; null before. */
  readonly modelName: string | null;
  /** Null unless `failed`. */
  readonly error: ErrorData | null;
};

/** Questions and answers about the video, oldest first. */
export type Conversation = Store<readonly Turn[]> & {
  /** Asks, unless an answer is being written; resolves when this answer has ended or was stopped. */
  ask(question: string, mode: AskMode, scope?: Scope): Promise<void>;
  /** Asks a failed or stopped turn's question again, in its place. */
  retry(turn: Turn): Promise<void>;
  /** Ends the answer that is being written, if there is one. */
  stop(): void;
  /** Stops, and forgets all turns; `session`, when given, forgets them too. */
  clear(session: Session | null): Promise<void>;
};

/** The second of the video that a turn stands for: as of which it was asked, or to which it had been watched; null before. */
export function momentOf({ scope, watchedUntilSeconds }: Turn): number | null {
  if (!scope) return watchedUntilSeconds;
  return "at" in scope ? scope.at : scope.range[0];
}

/** The turn that is being answered, or null. */
export function openTurn(turns: readonly Turn[]): Turn | null {
  return turns.find(isOpen) ?? null;
}

/** Whether a turn is still being answered. */
export function isOpen({ status }: Turn): boolean {
  return status === "waiting" || status === "writing";
}

/** Whether an answer is being written or waited for. */
export function isAnswering(turns: readonly Turn[]): boolean {
  return turns.some(isOpen);
}

/**
 * An empty conversation.
 *
 * @param askable gives whom to ask once there is something to ask about
 * @param options of every question, read when it is asked
 */
export function createConversation(
  askable: (signal: AbortSignal) => Promise<Askable>,
  options: () => AskOptions = () => ({}),
): Conversation {
  const store = createStore<readonly Turn[]>([]);
  let nextId = 1;
  let abort: AbortController | null = null;
  let running: Promise<void> = Promise.resolve();

  function change(id: number, part: Partial<Turn>) {
    store.set(store.snapshot.map((turn) => (turn.id === id ? { ...turn, ...part } : turn)));
  }

  async function answer(turn: Turn, signal: AbortSignal) {
    /** A stopped turn was told so already, and may be asked again by now. */
    const put = (part: Partial<Turn>) => {
      if (!signal.aborted) change(turn.id, part);
    };
    let text = "";
    try {
      const { session, modelName } = await askable(signal);
      put({ watchedUntilSeconds: session.snapshot.watchedUntilSeconds, modelName });
      for await (const piece of session.ask(turn.question, { ...options(), from: turn.mode, ...turn.scope, signal })) {
        if (signal.aborted) return;
        text += piece.text;
        put({ text, status: "writing", figures: piece.figures });
      }
      put({ status: "done" });
    } catch (error) {
      put({ status: "failed", error: toAuroraError(error, "Unexpected", "The answer broke off. Ask again.").toData() });
    }
  }

  function start(turn: Turn): Promise<void> {
    const controller = new AbortController();
    abort = controller;
    // Behind what was stopped before, which may still be settling; neither part ever rejects.
    running = running.then(() => answer(turn, controller.signal));
    const stopped = new Promise<void>((resolve) => {
      controller.signal.addEventListener("abort", () => resolve());
    });
    return Promise.race([running, stopped]);
  }

  /** Shows at once, though the session may take a moment to settle. */
  function stop() {
    const turn = openTurn(store.snapshot);
    if (turn) change(turn.id, { status: "stopped" });
    abort?.abort(new DOMException("The answer was stopped.", "AbortError"));
  }

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    async ask(question, mode, scope = null) {
      if (openTurn(store.snapshot)) return;
      const turn = { ...emptyTurn, id: nextId++, question, mode, scope };
      store.set([...store.snapshot, turn]);
      await start(turn);
    },
    async retry(turn) {
      if (openTurn(store.snapshot)) return;
      const again = { ...turn, ...emptyTurn };
      change(turn.id, again);
      await start(again);
    },
    stop,
    async clear(session) {
      stop();
      store.set([]);
      // A stopped answer may still add to the session's conversation: forget it afterwards.
      running = running.then(() => session?.resetConversation());
      await running;
    },
  };
}

const emptyTurn = {
  text: "",
  status: "waiting",
  figures: null,
  watchedUntilSeconds: null,
  modelName: null,
  error: null,
} as const;
