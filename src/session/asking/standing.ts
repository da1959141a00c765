import type { StandingQuestion } from "../records.ts";
import type { Aside } from "./asking.ts";

/** Pinned questions, which are asked again as scenes end. */
export type Standing = {
  readonly all: readonly StandingQuestion[];
  /** Asks a question now, and again with every `update`. */
  pin(id: number, question: string): void;
  unpin(id: number): void;
  /** Asks each again, of what the memory knows by then; one that is still waiting for its turn does not wait twice. */
  update(): void;
};

type StandingOptions = {
  readonly ask: Aside;
  readonly saved: readonly StandingQuestion[];
  onChange(): void;
};

export function createStanding({ ask, saved, onChange }: StandingOptions): Standing {
  let standing: readonly StandingQuestion[] = saved;
  const waiting = new Set<number>();

  function set(changed: readonly StandingQuestion[]): void {
    standing = changed;
    onChange();
  }

  function askAgain({ id, question }: StandingQuestion): void {
    if (waiting.has(id)) return;
    waiting.add(id);
    ask(question, {}, (answer) => {
      waiting.delete(id);
      if (!answer) return; // asked again with the next scene
      const { text, asOfSeconds } = answer;
      set(standing.map((each) => (each.id === id ? withAnswer(each, text, asOfSeconds ?? 0) : each)));
    });
  }

  return {
    get all() {
      return standing;
    },
    pin(id, question) {
      const pinned = { id, question, answers: [] };
      set([...standing, pinned]);
      askAgain(pinned);
    },
    unpin: (id) => set(standing.filter((each) => each.id !== id)),
    update() {
      for (const each of standing) askAgain(each);
    },
  };
}

/** An answer that says what the last one said is no news. */
function withAnswer(asked: StandingQuestion, text: string, atSeconds: number): StandingQuestion {
  if (text === "" || asked.answers.at(-1)?.text === text) return asked;
  return { ...asked, answers: [...asked.answers, { atSeconds, text }] };
}
