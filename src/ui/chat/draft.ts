import type { AskMode, Scope } from "./conversation.ts";

/** What the person is about to ask, of which part of the video, and where its answer is to come from. */
export type Draft = { readonly text: string; readonly mode: AskMode; readonly scope: Scope };

/** The box as the page opens. */
export const emptyDraft: Draft = { text: "", mode: "memory", scope: null };
