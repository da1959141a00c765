/** What can be searched. */
export type SearchKind = "seen" | "said" | "noted";

/**
 * A moment of the video that was looked for. `score` is above 0 and at most 1: of what was said or noted 1 for the best one; of
 * what was seen the probability that the text describes the picture, as the search model was trained to tell it, and of what
 * looks alike the cosine.
 */
export type Moment = {
  readonly kind: SearchKind;
  readonly seconds: number;
  readonly until: number;
  readonly score: number;
  /** What was said or noted; empty for what was seen. */
  readonly text: string;
  /** The picture of that moment; null where none was kept. */
  readonly thumbnail: Blob | null;
};

/** `in`: what to search; all that can be, unless given. `most`: frames that are given of what was seen; 200 unless given. */
export type FindOptions = { readonly in?: readonly SearchKind[]; readonly most?: number };

/** What finds frames by what is seen in them: a SigLIP. */
export type SearchModelInfo = {
  readonly name: string;
  readonly license: string;
  /** Its key in the store; null where it was not stored. */
  readonly storedKey: string | null;
  readonly notices: readonly string[];
  /** Numbers of a vector. */
  readonly width: number;
  /** A text describes a picture with probability sigmoid(scale · cos + bias). */
  readonly scale: number;
  readonly bias: number;
  /** False where the assistant's own encoder, which is the same, makes the vectors. */
  readonly ownPass: boolean;
};
