import type { Pinned, Session } from "../../session/types.ts";

/** The questions that were pinned on this visit, by session, so that they can be unpinned. */
export type Pins = {
  /** Pins a question to a session; one that makes no sense is left. */
  pin(session: Session, question: string): void;
  /** How to unpin a question; null where it was not pinned here. */
  unpinOf(session: Session | null, id: number): (() => void) | null;
};

export function createPins(): Pins {
  const pinned = new WeakMap<Session, Map<number, Pinned>>();
  return {
    pin(session, question) {
      if (question.trim() === "") return;
      const each = session.pin(question);
      const those = pinned.get(session) ?? new Map<number, Pinned>();
      pinned.set(session, those.set(each.id, each));
    },
    unpinOf(session, id) {
      const each = session && pinned.get(session)?.get(id);
      return each ? () => each.unpin() : null;
    },
  };
}
