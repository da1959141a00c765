import { readFileSync } from "node:fs";

/** What the reference implementation answers about one clip of public/samples. */
export type ClipAnswers = {
  readonly clip: string;
  readonly frames: number;
  readonly questions: readonly {
    readonly type: string;
    readonly question: string;
    readonly truth: string;
    readonly memory: string;
    readonly "look-again": string;
  }[];
};

/** The reference's greedy answers about all clips of public/samples. */
export const references: readonly ClipAnswers[] = JSON.parse(readFileSync("public/samples/answers.json", "utf8"));

/** The reference's answer to a question of public/samples/answers.json. */
export function reference(clip: string, question: string, from: "memory" | "look-again" = "memory"): string {
  const found = references.find((each) => each.clip === clip)?.questions.find((each) => each.question === question)?.[
    from
  ];
  if (found === undefined) throw new Error(`no reference for ${clip}: ${question}`);
  return found;
}

/** A question about a clip of public/samples, of the type that `answers.json` states. */
export function questionOf(clip: string, type: string): string {
  const found = references.find((each) => each.clip === clip)?.questions.find((each) => each.type === type);
  if (found === undefined) throw new Error(`no question about ${clip} of type ${type}`);
  return found.question;
}
