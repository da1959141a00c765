import { AuroraError } from "../../errors.ts";
import type { TurnRecord } from "../records.ts";
import type { Turn } from "./reading.ts";

/** A question that was answered, numbered from 1 on, with the ids of its answer. */
export type AnsweredTurn = Turn & TurnRecord;

/** The questions and answers about a memory: a tree, since one may be asked again behind any turn before. */
export type TurnTree = {
  /** The turn that was answered last, behind which the next is asked; 0 at the beginning. */
  readonly head: number;
  readonly all: readonly AnsweredTurn[];
  /**
   * The turns from the beginning to `turn`.
   *
   * @throws AuroraError `BadRequest` where there is none of this number
   */
  path(turn: number): readonly AnsweredTurn[];
  /** @returns the new turn's number */
  add(turn: Omit<AnsweredTurn, "id">): number;
  /** Forgets all. Numbers are not given twice. */
  clear(): void;
};

/** @param saved turns from before, none of which the next is asked behind unless told so */
export function createTurnTree(saved: readonly AnsweredTurn[] = []): TurnTree {
  const turns = new Map(saved.map((turn) => [turn.id, turn]));
  let next = Math.max(0, ...turns.keys()) + 1;
  let head = 0;

  function path(turn: number): readonly AnsweredTurn[] {
    const found: AnsweredTurn[] = [];
    for (let id = turn; id !== 0; ) {
      const each = turns.get(id);
      if (!each) {
        const message = `branch: there is no turn ${turn} to ask behind. It is the number that an answer came with, or 0.`;
        throw new AuroraError("BadRequest", message);
      }
      found.unshift(each);
      id = each.parent;
    }
    return found;
  }

  return {
    get head() {
      return head;
    },
    get all() {
      return [...turns.values()];
    },
    path,
    add(turn) {
      const id = next++;
      turns.set(id, { ...turn, id });
      head = id;
      return id;
    },
    clear() {
      turns.clear();
      head = 0;
    },
  };
}
