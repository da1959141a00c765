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
  /** The turn that this one is another answer to, or another question in place of; null where it is neither. */
  readonly instead: Pick<Turn, "id" | "question"> | null;
  /** Null unless `failed`. */
  readonly error: ErrorData | null;
};

/** Questions and answers about the video, oldest first. */
export type Conversation = Store<readonly Turn[]> & {
  /** Asks, unless an answer is being written; resolves when this answer has ended or was stopped. */
  ask(question: string, mode: AskMode, scope?: Scope): Promise<void>;
  /** Asks a failed or stopped turn's question again, in its place. */
  retry(turn: Turn): Promise<void>;
  /**
   * Asks a turn's question once more for another answer, or another question in its place: behind what it was asked behind,
   * as if it had not been. It stays, and what is asked next follows the new one.
   */
  again(turn: Turn, question?: string): Promise<void>;
  /** Asks questions of these turns anew, one after the other, until one is stopped. */
  askAnew(turns: readonly Turn[]): Promise<void>;
  /** Shows the questions and answers that a memory file has, in place of all; what is asked next does not follow them. */
  restore(session: Session): void;
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
  /** What each turn was asked of, and the turn of that session that it was asked behind. */
  const asked = new Map<number, { readonly session: Session; readonly behind: number }>();

  /** The newest turn of a session, as it numbers them; 0 before the first. */
  function newestOf(session: Session): number {
    const answered = store.snapshot.filter(({ id }) => asked.get(id)?.session === session);
    return answered.findLast(({ figures }) => figures?.turn)?.figures?.turn ?? 0;
  }

  /** How a turn is to be asked of a session: behind which one, and with some chance where another answer is wanted. */
  function askOptions(turn: Turn, session: Session): AskOptions {
    const given = { ...options(), from: turn.mode, ...turn.scope };
    const before = turn.instead && asked.get(turn.instead.id);
    const behind = before?.session === session ? before.behind : newestOf(session);
    asked.set(turn.id, { session, behind });
    if (!turn.instead || before?.session !== session) return given;
    const another = turn.instead.question === turn.question ? { temperature: given.temperature || anotherChance } : {};
    return { ...given, ...another, ...(turn.scope ? {} : { branch: behind }) };
  }

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
      for await (const piece of session.ask(turn.question, { ...askOptions(turn, session), signal })) {
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

  function add(turn: Turn): Promise<void> {
    store.set([...store.snapshot, turn]);
    return start(turn);
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
      await add({ ...emptyTurn, id: nextId++, question, mode, scope, instead: null });
    },
    async retry(turn) {
      if (openTurn(store.snapshot)) return;
      const again = { ...turn, ...emptyTurn };
      change(turn.id, again);
      await start(again);
    },
    async again(turn, question = turn.question) {
      if (openTurn(store.snapshot)) return;
      const { mode, scope } = turn;
      await add({
        ...emptyTurn,
        id: nextId++,
        question,
        mode,
        scope,
        instead: { id: turn.id, question: turn.question },
      });
    },
    async askAnew(turns) {
      for (const { question, mode, scope } of turns) {
        if (openTurn(store.snapshot)) return;
        const turn = { ...emptyTurn, id: nextId++, question, mode, scope, instead: null };
        await add(turn);
        if (store.snapshot.find(({ id }) => id === turn.id)?.status !== "done") return;
      }
    },
    restore(session) {
      stop();
      asked.clear();
      const turns = session.snapshot.turns.map(({ question, text, parent, asOfSeconds }): Turn => {
        const id = nextId++;
        asked.set(id, { session, behind: parent });
        const told = { text, status: "done", watchedUntilSeconds: asOfSeconds } as const;
        return { ...emptyTurn, ...told, id, question, mode: "memory", scope: null, instead: null };
      });
      store.set(turns);
    },
    stop,
    async clear(session) {
      stop();
      store.set([]);
      asked.clear();
      // A stopped answer may still add to the session's conversation: forget it afterwards.
      running = running.then(() => session?.resetConversation());
      await running;
    },
  };
}

/** Temperature of another answer where the settings would give the same once more. */
const anotherChance = 0.7;

const emptyTurn = {
  text: "",
  status: "waiting",
  figures: null,
  watchedUntilSeconds: null,
  modelName: null,
  error: null,
} as const;
