import type { Turn } from "../../../../src/ui/chat/conversation.ts";

/** A turn that was answered, but for `part`. */
export function turn(part: Partial<Turn> = {}): Turn {
  return {
    id: 1,
    question: "What?",
    mode: "memory",
    scope: null,
    text: "A dog.",
    status: "done",
    figures: null,
    watchedUntilSeconds: 12.5,
    modelName: "nano",
    instead: null,
    error: null,
    ...part,
  };
}
