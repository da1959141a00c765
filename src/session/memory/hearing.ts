/** Something that was said, in seconds of the memory. */
export type SaidLine = { readonly fromSeconds: number; readonly untilSeconds: number; readonly text: string };

/** A line that a state has read: it stands before the frame of this index, behind the one before that. */
export type ReadLine = SaidLine & { readonly before: number };

/** What is heard of a source, on its way into a memory between the frames. */
export type Hearing = {
  /**
   * Takes what was heard.
   *
   * @param heardUntilSeconds all that is said before is told; null where nobody listens, or no more
   */
  tell(lines: readonly SaidLine[], heardUntilSeconds: number | null): void;
  /**
   * The lines that had ended by a second, once all of them are told, nobody listens, or `signal` ends the wait. What is told of
   * the time before an earlier call came too late, and is passed over.
   */
  until(seconds: number, signal: AbortSignal): Promise<readonly SaidLine[]>;
  /** The lines that are told by now, as if they had ended at `seconds`: what is live does not wait. */
  soFar(seconds: number): readonly SaidLine[];
};

/**
 * @param knownUntilSeconds what ended by then is in the memory already, or too late for it; null where it has read nothing
 * @param listens whether somebody listens from the beginning
 */
export function createHearing(knownUntilSeconds: number | null, listens: boolean): Hearing {
  let waiting: readonly SaidLine[] = [];
  let heardUntil = listens ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  let asked = knownUntilSeconds ?? Number.NEGATIVE_INFINITY;
  let wake: () => void = () => undefined;

  async function heard(seconds: number, signal: AbortSignal): Promise<void> {
    const stop = () => wake();
    signal.addEventListener("abort", stop);
    while (heardUntil < seconds && !signal.aborted)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    signal.removeEventListener("abort", stop);
  }

  return {
    tell(lines, heardUntilSeconds) {
      waiting = [...waiting, ...lines];
      heardUntil = heardUntilSeconds ?? Number.POSITIVE_INFINITY;
      wake();
    },
    async until(seconds, signal) {
      await heard(seconds, signal);
      const ended = waiting.filter((line) => line.untilSeconds > asked && line.untilSeconds <= seconds);
      waiting = waiting.filter((line) => line.untilSeconds > seconds);
      asked = Math.max(asked, seconds);
      return ended;
    },
    soFar(seconds) {
      const told = waiting.map((line) => ({ ...line, untilSeconds: seconds }));
      waiting = [];
      return told;
    },
  };
}
