import type { Bounds } from "./picture-set.ts";
import type { LanguageResult, ProbeReport, TriedSetting } from "./report.ts";
import type { Setting } from "./settings.ts";

/** What it made of each picture: nats a token of the right caption, and whether no other caption gained more from the picture. */
export type PictureResult = { readonly loss: number; readonly gain: number; readonly right: boolean };

/** What it made of the right captions alone, by picture: nats a token; null for pictures that were not tried. */
export type CaptionLosses = readonly (number | null)[];

/** What is smaller is no difference, however sure: nats a token. */
export const leastDifference = 0.01;

/** How one setting did against the model's own, picture by picture. One that was not tried on all is no better. */
export function compareSetting(
  { field, value, label, assumptions }: Setting,
  own: readonly PictureResult[],
  losses: CaptionLosses,
  top1: number | null,
): TriedSetting {
  const heard = losses.filter((loss) => loss !== null);
  const differences = compare(own, losses);
  const difference = mean(differences);
  const differenceError = standardError(differences);
  // By chance one or two more or fewer are right.
  const better = costsLess(own, losses) && top1 !== null && top1 >= countRight(own) - own.length / 8;
  const result = { top1, pictures: heard.length, loss: mean(heard), error: standardError(heard) };
  return { field, value, label, assumptions, ...result, difference, differenceError, better };
}

type Measured = {
  readonly model: string;
  readonly language: LanguageResult;
  readonly bounds: Bounds;
  /** With the model's own settings; null where it does not read, or cannot see. */
  readonly own: readonly PictureResult[] | null;
  readonly settings: readonly TriedSetting[];
};

/** Says in one sentence what the figures mean. */
export function judge(measured: Measured): Pick<ProbeReport, "verdict" | "sentence" | "pictures" | "proposal"> {
  const { model, language, bounds, own, settings } = measured;
  const figures = `${format(language.loss)} nats a token, ${format(language.shuffledLoss)} with the words in disorder`;
  if (!readsLanguage(language, bounds)) {
    const sentence = `${model} does not read text as it was trained to (${figures}): its weights, its layout or its tokenizer are not what this app takes them for, so do not trust what it says.`;
    return { verdict: "does-not-read", sentence, pictures: null, proposal: null };
  }
  if (!own) {
    const sentence = `${model} reads text as it was trained to (${figures}); it cannot see, so it was shown no pictures.`;
    return { verdict: "reads", sentence, pictures: null, proposal: null };
  }
  const count = own.length;
  const losses = own.map(({ loss }) => loss);
  const top1 = countRight(own);
  const gain = mean(own.map((each) => each.gain));
  const pictures = { count, top1, loss: mean(losses), error: standardError(losses), gain };
  const sees = (right: number | null) => seesPictures(right, count);
  const excess = excessOf(own, bounds);
  const [best] = settings
    .filter((each) => each.better && sees(each.top1) && mends(own, bounds, each))
    .sort((a, b) => a.difference - b.difference);
  const found = `it finds the right caption for ${top1} of ${count} pictures`;
  if (best) {
    const { field, value, label, assumptions } = best;
    const sentence = `${model} reads, and is likely to have been trained with ${label}: ${found} now, and for ${best.top1} with that, which surprise it ${format(-best.difference)} nats a token less.`;
    return { verdict: "better-setting", sentence, pictures, proposal: { field, value, label, assumptions } };
  }
  if (!sees(top1) || excess > 0) {
    const told = `${found}, where guessing finds one, at ${format(pictures.loss)} nats a token`;
    const sentence = `${model} does not read pictures as it was trained to (${told}), and no other setting mends that: some of its weights are not what this app takes them for, so do not trust what it says about a video.`;
    return { verdict: "does-not-read-pictures", sentence, pictures, proposal: null };
  }
  const sentence = `${model} is read as it was trained: ${found}, and no other setting is better.`;
  return { verdict: "reads", sentence, pictures, proposal: null };
}

/** What the right captions cost more than they may. */
function excessOf(own: readonly PictureResult[], bounds: Bounds): number {
  return Math.max(0, mean(own.map(({ loss }) => loss)) - bounds.pictures);
}

/** A model that is damaged gains a little with one setting or another; one that is set wrongly becomes what it was. */
function mends(own: readonly PictureResult[], bounds: Bounds, { difference }: TriedSetting): boolean {
  return -difference >= excessOf(own, bounds) / 2;
}

/** Most settings of which the right captions are counted: eleven wrong ones for each picture are most of the cost. */
export const mostCounted = 3;

/** The places of the settings that may be proposed once their right captions are counted, the best first. */
export function worthCounting(
  own: readonly PictureResult[],
  bounds: Bounds,
  tried: readonly { readonly result: TriedSetting; readonly losses: CaptionLosses }[],
): number[] {
  return [...tried.keys()]
    .filter((at) => {
      const { losses, result } = tried[at] as (typeof tried)[number];
      return costsLess(own, losses) && mends(own, bounds, result);
    })
    .sort((a, b) => (tried[a]?.result.difference ?? 0) - (tried[b]?.result.difference ?? 0))
    .slice(0, mostCounted);
}

/** Whether so many right captions are more than luck. */
export function seesPictures(right: number | null, count: number): boolean {
  return right !== null && right >= count / 2;
}

/** Whether words in order mean more to the model than the same in disorder, and little enough surprises it. */
export function readsLanguage({ loss, shuffledLoss }: LanguageResult, { most, gap }: Bounds): boolean {
  return loss < most && shuffledLoss - loss > gap;
}

/** Whether all right captions cost less with a setting than with the model's own, by more than two standard errors. */
export function costsLess(own: readonly PictureResult[], losses: CaptionLosses): boolean {
  const differences = compare(own, losses);
  const difference = mean(differences);
  return (
    differences.length === own.length && difference < -2 * standardError(differences) && difference < -leastDifference
  );
}

/** What each picture that was tried costs more than with the model's own setting. */
function compare(own: readonly PictureResult[], losses: CaptionLosses): number[] {
  return losses.flatMap((loss, i) => (loss === null ? [] : [loss - (own[i] as PictureResult).loss]));
}

/** Pictures whose own caption gained most. */
export function countRight(results: readonly PictureResult[]): number {
  return results.filter(({ right }) => right).length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

function format(nats: number): string {
  return nats.toFixed(2);
}
