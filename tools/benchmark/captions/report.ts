import { clusteredMean, jackknifeError } from "../statistics.ts";
import type { Report, TableRow } from "../task.ts";
import { addBleu, bleu, countBleu, withoutBleu } from "./bleu.ts";
import { cider } from "./cider.ts";
import { meteor } from "./meteor.ts";
import { rougeL } from "./rouge.ts";
import { tokenize } from "./tokenize.ts";

/** Rows for BLEU, METEOR, ROUGE-L and CIDEr of captions, in percent, each caption tokenised first. METEOR's program is `meteorJar`; null for none. */
export async function reportCaptions(
  captions: readonly { readonly answer: string; readonly references: readonly string[] }[],
  meteorJar: string | null,
): Promise<Report> {
  const tokenized = captions.map(({ answer, references }) => ({
    candidate: tokenize(answer),
    references: references.map(tokenize),
  }));
  const n = captions.length;
  const counts = tokenized.map(({ candidate, references }) => countBleu(candidate, references));
  const all = addBleu(counts);
  const without = counts.map((one) => bleu(withoutBleu(all, one)));
  const bleuRows = bleu(all).map((value, i): TableRow => {
    const error = jackknifeError(without.map((values) => 100 * (values[i] ?? 0)));
    return { name: `BLEU-${i + 1}`, n, figures: [n === 0 ? null : { value: 100 * value, error }] };
  });
  const mean = (name: string, values: readonly number[]): TableRow => {
    const samples = values.map((value, i) => ({ value: 100 * value, cluster: String(i) }));
    return { name, n, figures: [clusteredMean(samples)] };
  };
  const meteors = meteorJar === null ? null : await meteor(tokenized, meteorJar);
  return {
    columns: ["score"],
    rows: [
      ...bleuRows,
      withScore(mean("METEOR", meteors?.scores ?? []), meteors?.score),
      mean(
        "ROUGE-L",
        tokenized.map(({ candidate, references }) => rougeL(candidate, references)),
      ),
      mean("CIDEr", cider(tokenized)),
    ],
    notes: meteors
      ? []
      : [
          "METEOR: --meteor PATH gives pycocoevalcap's meteor-1.5.jar, which needs Java; its tables are 60 MB and not part of this repository.",
        ],
  };
}

/** A row with the score of all captions together in place of their mean, whose error stands for it. */
function withScore(row: TableRow, score: number | undefined): TableRow {
  const [figure] = row.figures;
  return score === undefined || !figure ? row : { ...row, figures: [{ value: 100 * score, error: figure.error }] };
}
