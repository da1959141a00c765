/** A row of a published file, as it is there. */
export type Row = { readonly [field: string]: unknown };

/** A question of a benchmark. */
export type Item = {
  /** Its name in the results; no other item of the data set has it. */
  readonly id: string;
  /** The video, as the data set names it: with or without a folder and an ending. */
  readonly video: string;
  /** The row of the table that it counts in. */
  readonly group: string;
  /** What the model is asked, word for word. */
  readonly prompt: string;
  /** Second of the video up to which it may know; a frame where the data set says no rate; null for all of the video. */
  readonly at: { readonly seconds: number } | { readonly frame: number } | null;
  /** Answers whose likelihood is asked, and the question they are answers to; null where there are none. */
  readonly choice: { readonly question: string; readonly options: readonly string[] } | null;
  /** The row, for scoring and for what others read. */
  readonly row: Row;
};

/** Likelihood of one option. */
type Likelihood = { readonly logLikelihood: number; readonly tokens: number };

/** What a line of the results says of one item. `error` is given where the video could not be watched or asked about. */
export type Result = {
  readonly id: string;
  readonly video: string;
  readonly answer?: string;
  readonly likelihoods?: readonly Likelihood[];
  readonly asOfSeconds?: number | null;
  readonly error?: string;
};

/** An item with what the model said; `verdict` is the judge's, where one was asked. */
export type Answered = {
  readonly item: Item;
  readonly answer: string;
  readonly likelihoods: readonly Likelihood[] | null;
  readonly verdict: Verdict | null;
};

/**
 * What a judge said of an answer: the share of questions it found right, 0 to 1, or null where the rule leaves the answer out of
 * the accuracy; and the mean score, 0 to 5.
 */
export type Verdict = { readonly right: number | null; readonly score: number };

/** A figure with its standard error; null where the error is not known. */
export type Figure = { readonly value: number; readonly error: number | null };

/** A line of the table. Figures that there are none of are null. */
export type TableRow = { readonly name: string; readonly n: number; readonly figures: readonly (Figure | null)[] };

/** What a task makes of its answers. */
export type Report = {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
  readonly notes: readonly string[];
};

/** A file that somebody else's script takes. */
type ForeignFile = { readonly name: string; readonly content: string };

/** What a judge is asked about an answer, one request after the other; it gets the replies to those before. */
type Judging = (item: Item, answer: string, ask: AskJudge) => Promise<Verdict>;
export type AskJudge = (system: string, user: string, maxTokens: number) => Promise<string>;

/** What reports need besides. `meteorJar` is METEOR's program; null for none. */
type ReportOptions = { readonly meteorJar: string | null };

/** A benchmark: how its files are read, what is asked, and what the answers are worth. */
export type Task = {
  readonly name: string;
  readonly title: string;
  /** How frames are taken, as in the paper where it says. */
  readonly sampling: { readonly fps: number } | { readonly frames: number };
  readonly maxTokens: number;
  /** Items of a data set that was read, in its order. `path` is the file's, below the data set's folder. */
  readItems(files: readonly DataFile[]): Item[];
  report(answers: readonly Answered[], options: ReportOptions): Report | Promise<Report>;
  /** The paper's figures for AuroraLong, by row and column. */
  readonly paper: { readonly [row: string]: readonly (number | null)[] };
  /** Files for a published judge or server. */
  foreignFiles?(answers: readonly Answered[]): ForeignFile[];
  readonly judge?: Judging;
};

/** One file of a data set: its path below the folder, and its rows. */
export type DataFile = { readonly path: string; readonly rows: readonly Row[] };
