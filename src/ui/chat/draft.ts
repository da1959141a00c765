import type { AskMode, Scope, Turn } from "./conversation.ts";

/** What the person is about to ask, of which part of the video, where its answer is to come from, and the turn that is edited. */
export type Draft = {
  readonly text: string;
  readonly mode: AskMode;
  readonly scope: Scope;
  readonly instead: Turn | null;
};

/** The box as the page opens. */
export const emptyDraft: Draft = { text: "", mode: "memory", scope: null, instead: null };
