import type { AuroraError } from "../../errors.ts";
import type { AnswerPiece } from "../types.ts";

/** Pieces of an answer on their way from the worker to whoever iterates over them. */
export function createAnswerQueue() {
  const arrived: AnswerPiece[] = [];
  let ended = false;
  let error: AuroraError | null = null;
  let wake: () => void = () => undefined;
  return {
    push(piece: AnswerPiece): void {
      arrived.push(piece);
      wake();
    },
    end(last: AnswerPiece): void {
      arrived.push(last);
      ended = true;
      wake();
    },
    fail(cause: AuroraError): void {
      error = cause;
      wake();
    },
    /** All pieces in order. @throws what `fail` was given, after the pieces that came before */
    async *pieces(): AsyncGenerator<AnswerPiece, void, void> {
      for (;;) {
        const piece = arrived.shift();
        if (piece) yield piece;
        else if (error) throw error;
        else if (ended) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}
