/** A scene: what lies between two changes of the picture. */
export type Scene = { readonly fromSeconds: number; readonly untilSeconds: number };

/** What was seen in one scene, in the model's words or, once edited, in the person's. */
export type Note = Scene & { readonly id: number; readonly text: string; readonly edited: boolean };

/** A pinned question, with what changed in its answer and when, oldest first. */
export type StandingQuestion = {
  readonly id: number;
  readonly question: string;
  readonly answers: readonly { readonly atSeconds: number; readonly text: string }[];
};

/** A question that was answered, by its number; `parent` is the turn that it was asked behind, 0 at the beginning. */
export type TurnRecord = {
  readonly id: number;
  readonly parent: number;
  readonly question: string;
  readonly text: string;
  /** The moment of the video that the answer knows of and nothing after. */
  readonly asOfSeconds: number | null;
};

/** A pinned question. */
export type Pinned = {
  readonly id: number;
  readonly question: string;
  /** What changed in its answer and when, so far. */
  readonly answers: StandingQuestion["answers"];
  /** Asks it no more, and forgets its answers. */
  unpin(): void;
};
