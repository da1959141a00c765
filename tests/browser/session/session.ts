import { openAssistant } from "../../../src/session/page/client.ts";
import type { AnswerPiece, AskOptions, Assistant, Session, SessionSnapshot } from "../../../src/session/types.ts";

type ClipAnswers = {
  readonly clip: string;
  readonly questions: readonly {
    readonly type: string;
    readonly question: string;
    readonly memory: string;
    readonly "look-again": string;
  }[];
};

const answers = (await (await fetch("/samples/answers.json")).json()) as readonly ClipAnswers[];

/** An assistant on the embedded model. */
export function openNano(): Promise<Assistant> {
  return openAssistant({ model: "/models/nano/" });
}

/** Address of a clip of public/samples. */
export function sample(clip: string): string {
  return `/samples/${clip}`;
}

/** What the reference answers to a question about a clip of public/samples. */
export function reference(clip: string, question: string, from: "memory" | "look-again" = "memory"): string {
  const found = answers.find((each) => each.clip === clip)?.questions.find((each) => each.question === question);
  if (!found) throw new Error(`no reference for ${clip}: ${question}`);
  return found[from];
}

/** A question about a clip of public/samples, of the type that `answers.json` states. */
export function questionOf(clip: string, type: string): string {
  const found = answers.find((each) => each.clip === clip)?.questions.find((each) => each.type === type);
  if (!found) throw new Error(`no question about ${clip} of type ${type}`);
  return found.question;
}

/** Resolves with the first snapshot for which `holds` is true, from now on. */
export function until(session: Session, holds: (snapshot: SessionSnapshot) => boolean): Promise<SessionSnapshot> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds(session.snapshot)) return;
      unsubscribe();
      resolve(session.snapshot);
    };
    const unsubscribe = session.subscribe(check);
    check();
  });
}

/** Resolves when watching has ended, whichever way. */
export function ended(session: Session): Promise<SessionSnapshot> {
  return until(session, ({ status }) => status === "done" || status === "stopped" || status === "failed");
}

/** All pieces of an answer. */
export async function collect(answer: AsyncGenerator<AnswerPiece, void, void>): Promise<AnswerPiece[]> {
  const pieces: AnswerPiece[] = [];
  for await (const piece of answer) pieces.push(piece);
  return pieces;
}

/** A whole answer, without the space that stands before it. */
export async function ask(session: Session, question: string, options?: AskOptions): Promise<string> {
  const pieces = await collect(session.ask(question, options));
  return pieces
    .map(({ text }) => text)
    .join("")
    .trim();
}
