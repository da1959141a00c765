import type { Assumptions } from "../../model/assumptions.ts";

export type ProbeOptions = {
  readonly signal?: AbortSignal;
  /** Told before each step: how many are done, of how many, and what the next one tries. */
  readonly onProgress?: (progress: ProbeProgress) => void;
};

export type ProbeProgress = { readonly done: number; readonly total: number; readonly what: string };

/** What the model made of words: nats a token. */
export type LanguageResult = { readonly loss: number; readonly shuffledLoss: number; readonly tokens: number };

/** A value of a field of `config.json`. */
export type KeptSetting = {
  readonly field: string;
  readonly value: string;
  /** What it is, for people, to stand after "with". */
  readonly label: string;
  readonly assumptions: Assumptions;
};

/** A setting that was tried, and how it did against the model's own. */
export type TriedSetting = KeptSetting & {
  /** Pictures whose own caption gained most from them; null where it was not counted, since it is no better. */
  readonly top1: number | null;
  /** Pictures that it was tried on: where it gains nothing on the worst ones, on these alone. */
  readonly pictures: number;
  /** Mean loss of their right captions in nats a token, and its standard error. */
  readonly loss: number;
  readonly error: number;
  /** Mean difference to the loss with the model's own setting, picture by picture, and its standard error. */
  readonly difference: number;
  readonly differenceError: number;
  /** Better by more than two standard errors. */
  readonly better: boolean;
};

/** Whether a model is read as it was trained, and what would be better. */
export type ProbeReport = {
  readonly model: string;
  readonly verdict: "reads" | "better-setting" | "does-not-read-pictures" | "does-not-read";
  /** One sentence for a person. */
  readonly sentence: string;
  readonly language: LanguageResult;
  /** With the model's own settings. Null where it does not read, or cannot see. */
  readonly pictures: {
    readonly count: number;
    readonly top1: number;
    readonly loss: number;
    readonly error: number;
    /** What a picture takes off the loss of its caption. */
    readonly gain: number;
  } | null;
  readonly settings: readonly TriedSetting[];
  /** Settings that could not be tried, in sentences. */
  readonly notices: readonly string[];
  /** The better setting, as it would be kept; null where there is none. */
  readonly proposal: KeptSetting | null;
  readonly cost: { readonly frames: number; readonly tokens: number; readonly seconds: number };
};
