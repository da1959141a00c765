import type { AskMode } from "./conversation.ts";

/** What the person is about to ask, and where its answer is to come from. */
export type Draft = { readonly text: string; readonly mode: AskMode };

/** The box as the page opens. */
export const emptyDraft: Draft = { text: "", mode: "memory" };
