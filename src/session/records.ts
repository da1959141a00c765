/** One frame that was read into the memory. */
export type FrameRecord = {
  readonly index: number;
  readonly timestampSeconds: number;
  /** The square picture the model saw, as a small JPEG; null once dropped to bound memory in very long videos. */
  readonly thumbnail: Blob | null;
  /** For each patch, row by row, the index of the kept token that it was merged into; `droppedToken` where the token was dropped. */
  readonly owners: Uint16Array;
  /** How far it moved the state: ‖change‖ / ‖state‖. */
  readonly change: number;
  /** How far its merged tokens are from those of the frame before: 0 where they are alike, up to 2. */
  readonly distance: number;
};

/** Value of `FrameRecord.owners` for patches whose token was dropped. */
export const droppedToken = 0xffff;

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
