/**
 * Formats in which answers give a letter, by the trust put into them; of the same format the last one in the text counts. As
 * lmms-eval 0.7.3 (`_task_utils/mcq_extract.py`) has them, by which MLVU and Video-MME are scored.
 */
const phrases = [
  ...[
    "the answer is",
    "answer is",
    "the correct answer is",
    "correct answer is",
    "the best answer is",
    "best answer is",
  ],
  ...[
    "the correct option is",
    "correct option is",
    "the best option is",
    "best option is",
    "the choice is",
    "choice is",
  ],
  ...["the correct choice is", "correct choice is", "i choose", "i select", "i pick", "my answer is", "my choice is"],
  ...["옵션", "정답은", "답은", "답:", "答案是", "答案为", "选", "答えは"],
];

type Candidate = { readonly letter: string; readonly trust: number; readonly position: number };

/** The letter of `letters` that an answer means; empty where it has none. */
export function extractLetter(answer: string, letters: readonly string[]): string {
  if (answer.trim() === "") return "";
  const text = ` ${stripMarks(answer.trim())} `;
  const found = [
    ...letters.flatMap((letter) => written(text, letter)),
    ...letters.flatMap((letter) => afterPhrases(text, letter)),
    ...letters.flatMap((letter) => atEnds(text, letter)),
  ];
  const anywhere = letters.map((letter) => ({ letter, trust: 0, position: text.lastIndexOf(letter) }));
  const candidates = found.length > 0 ? found : anywhere.filter(({ position }) => position >= 0);
  // Of equals the first stays in front, as a stable sort leaves them.
  const best = candidates.reduce<Candidate | null>((front, each) => {
    const later = front && (each.trust - front.trust || each.position - front.position);
    return later === null || later > 0 ? each : front;
  }, null);
  return best?.letter ?? "";
}

/** Takes one kind of mark after the other off both ends, each once, in this order. */
function stripMarks(text: string): string {
  let left = text;
  for (const mark of [",", ".", "!", "?", ";", ":", "'", '"']) left = stripEnds(left, mark);
  return left;
}

/** A text without a character at its ends. */
export function stripEnds(text: string, mark: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === mark) start++;
  while (end > start && text[end - 1] === mark) end--;
  return text.slice(start, end);
}

/** `(A)`, `A.`, `A:`, `A)` and `A ` wherever they stand. */
function written(text: string, letter: string): Candidate[] {
  const forms: readonly [form: string, trust: number][] = [
    [`(${letter})`, 6],
    [`${letter}.`, 5],
    [`${letter}:`, 4],
    [`${letter})`, 3],
    [`${letter} `, 2],
  ];
  return forms
    .map(([form, trust]) => ({ letter, trust, position: text.lastIndexOf(form) }))
    .filter(({ position }) => position >= 0);
}

/** The letter's first place after each phrase such as "the answer is". */
function afterPhrases(text: string, letter: string): Candidate[] {
  const lower = text.toLowerCase();
  return phrases.flatMap((phrase) => {
    const start = lower.indexOf(phrase);
    const position = start < 0 ? -1 : text.indexOf(letter, start + phrase.length);
    return position < 0 ? [] : [{ letter, trust: 7, position }];
  });
}

/** The letter by itself as the first or the last of the text. */
function atEnds(text: string, letter: string): Candidate[] {
  const inner = text.trim();
  const alone = (neighbour: string | undefined) => neighbour === undefined || !/\p{L}/u.test(neighbour);
  const candidates: Candidate[] = [];
  if (inner.startsWith(letter) && alone(inner[1])) candidates.push({ letter, trust: 10, position: 0 });
  if (inner.endsWith(letter) && alone(inner.at(-2))) candidates.push({ letter, trust: 9, position: text.length - 1 });
  return candidates;
}
