import type { Question } from "./suite.ts";

/** A share of right answers among `n`, and its standard error. */
type Share = { readonly n: number; readonly accuracy: number; readonly error: number };

export type Score = Share & {
  /** Mean of the types' accuracies. */
  readonly macro: number;
  /** By type of question, in the alphabet's order. */
  readonly byType: Readonly<Record<string, Share>>;
  /** Share of "I am not sure." among the answers to questions of other types than "unsure"; 0 where there are none. */
  readonly falseUnsure: number;
};

/** A question with the answer that was given to it. */
export type Answered = Pick<Question, "type" | "answer" | "accepted"> & { readonly said: string };

/** Scores answers: one is right that equals the true one or an accepted one in every letter. `answered` is not empty. */
export function scoreAnswers(answered: readonly Answered[]): Score {
  const byType: Record<string, Share> = {};
  for (const type of [...new Set(answered.map((each) => each.type))].sort()) {
    byType[type] = shareOf(answered.filter((each) => each.type === type).map(isRight));
  }
  const accuracies = Object.values(byType).map(({ accuracy }) => accuracy);
  const sure = answered.filter(({ type }) => type !== "unsure");
  return {
    macro: accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length,
    ...shareOf(answered.map(isRight)),
    byType,
    falseUnsure: sure.filter(({ said }) => said.trim() === "I am not sure.").length / Math.max(1, sure.length),
  };
}

function isRight({ answer, accepted, said }: Answered): boolean {
  return [answer, ...accepted].includes(said.trim());
}

function shareOf(right: readonly boolean[]): Share {
  const n = right.length;
  const accuracy = right.filter(Boolean).length / n;
  return { n, accuracy, error: Math.sqrt((accuracy * (1 - accuracy)) / n) };
}
