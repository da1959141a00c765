import { AuroraError } from "../errors.ts";

/** How long a server may take, and how often it is asked again. */
export type Patience = {
  /** Requests in a row that may fail without a single byte of progress. */
  readonly attempts: number;
  /** Pause after the first failure; it doubles with each further one, up to the longest. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Silence after which a connection counts as broken. */
  readonly stallMs: number;
};

export const defaultPatience: Patience = {
  attempts: 6,
  firstWaitMs: 1000,
  longestWaitMs: 60_000,
  stallMs: 30_000,
};

/** Attempts at a server that never answered before: a wrong address does not become right by waiting. */
const firstAttempts = 3;

/** A failure that may be over when the server is asked again. */
export class PassingFailure extends Error {
  readonly error: AuroraError;
  /** What the server says to wait; null where it does not. */
  readonly waitMs: number | null;
  /** Whether anything of use had arrived before it. */
  readonly progressed: boolean;
  /** Whether the server never answered anything. */
  readonly neverAnswered: boolean;

  constructor(
    error: AuroraError,
    options: { readonly waitMs?: number | null; readonly progressed?: boolean; readonly neverAnswered?: boolean } = {},
  ) {
    super(error.message);
    this.error = error;
    this.waitMs = options.waitMs ?? null;
    this.progressed = options.progressed ?? false;
    this.neverAnswered = options.neverAnswered ?? false;
  }
}

/**
 * Runs `attempt` until it succeeds, with pauses after each `PassingFailure`.
 *
 * @throws AuroraError the last failure's when patience is at its end, `Aborted`; all that `attempt` throws else
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { signal, patience = defaultPatience }: { readonly signal?: AbortSignal; readonly patience?: Patience },
): Promise<T> {
  for (let failures = 0; ; ) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof PassingFailure)) throw failure;
      failures = failure.progressed ? 1 : failures + 1;
      const most = failure.neverAnswered ? Math.min(patience.attempts, firstAttempts) : patience.attempts;
      const wait = failure.waitMs ?? Math.min(patience.firstWaitMs * 2 ** (failures - 1), patience.longestWaitMs);
      if (failures >= most || wait > patience.longestWaitMs) throw failure.error;
      await sleep(wait, signal);
    }
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.", signal.reason);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new AuroraError("Aborted", "Stopped.", signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
