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

const defaultPatience: Patience = {
  attempts: 6,
  firstWaitMs: 1000,
  longestWaitMs: 60_000,
  stallMs: 30_000,
};

export type HttpOptions = { readonly signal?: AbortSignal; readonly patience?: Patience };

/** A failure that may be over when the server is asked again. */
export class PassingFailure extends Error {
  readonly error: AuroraError;
  /** What the server says to wait; null where it does not. */
  readonly waitMs: number | null;
  /** Whether anything of use had arrived before it. */
  readonly progressed: boolean;

  constructor(error: AuroraError, options: { waitMs?: number | null; progressed?: boolean } = {}) {
    super(error.message);
    this.error = error;
    this.waitMs = options.waitMs ?? null;
    this.progressed = options.progressed ?? false;
  }
}

/**
 * Runs `attempt` until it succeeds, with pauses after each `PassingFailure`.
 *
 * @throws AuroraError the last failure's when patience is at its end, `Aborted`; all that `attempt` throws else
 */
export async function withRetries<T>(attempt: () => Promise<T>, options: HttpOptions): Promise<T> {
  const { signal, patience = defaultPatience } = options;
  for (let failures = 0; ; ) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof PassingFailure)) throw failure;
      failures = failure.progressed ? 1 : failures + 1;
      const wait = failure.waitMs ?? Math.min(patience.firstWaitMs * 2 ** (failures - 1), patience.longestWaitMs);
      if (failures >= patience.attempts || wait > patience.longestWaitMs) throw failure.error;
      await sleep(wait, signal);
    }
  }
}

/** An answer whose body is to be read with `readBody`. */
export type Answer = { readonly response: Response; readonly guard: StallGuard; readonly url: URL };

/**
 * Asks for a file.
 *
 * @param what names it in messages, e.g. `model.safetensors`
 * @returns an answer of a 2xx status, or of 416 when a range was asked for
 * @throws PassingFailure for lost connections, silence, 408, 429 and 5xx; AuroraError `DownloadFailed`, `ModelNotFound` (404, 410) or `Aborted`
 */
export async function request(
  url: URL,
  what: string,
  headers: Readonly<Record<string, string>>,
  options: HttpOptions,
): Promise<Answer> {
  const guard = createStallGuard(options);
  let response: Response;
  try {
    // `no-store`: a copy in the HTTP cache would take the space of the file once more.
    response = await fetch(url, { headers, signal: guard.signal, cache: "no-store" });
  } catch (cause) {
    guard.end();
    throw brokenOff(`${url.host} could not be reached for ${what}`, guard, options.signal, cause);
  }
  const isPage = response.headers.get("content-type")?.toLowerCase().startsWith("text/html") ?? false;
  if ((response.ok && !isPage) || (response.status === 416 && headers.Range)) return { response, guard, url };
  guard.end();
  await response.body?.cancel();
  throw refusal(response, url, what, isPage);
}

/**
 * The pieces of an answer's body as they arrive. Ends without an error also where the server ended too early.
 *
 * @throws PassingFailure when the connection breaks or is silent, `progressed` as `progressed()` says then; AuroraError `Aborted`
 */
export async function* readBody(
  { response, guard, url }: Answer,
  what: string,
  options: HttpOptions,
  progressed: () => boolean,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = response.body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      guard.touch();
      yield next.value;
    }
  } catch (cause) {
    const failure = brokenOff(`The download of ${what} from ${url.host} broke off`, guard, options.signal, cause);
    throw failure instanceof PassingFailure ? new PassingFailure(failure.error, { progressed: progressed() }) : failure;
  } finally {
    guard.end();
    // Without effect on a body that was read to its end; else it gives the connection back.
    await reader?.cancel().catch(() => undefined);
  }
}

/** The whole body of a small file. @throws as `request` and `readBody` */
export async function requestBytes(
  url: URL,
  what: string,
  headers: Readonly<Record<string, string>>,
  options: HttpOptions,
): Promise<{ readonly status: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const answer = await request(url, what, headers, options);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of readBody(answer, what, options, () => false)) pieces.push(new Uint8Array(piece));
  return { status: answer.response.status, bytes: new Uint8Array(await new Blob(pieces).arrayBuffer()) };
}

type StallGuard = {
  readonly signal: AbortSignal;
  readonly stalled: boolean;
  /** Something arrived: the silence starts anew. */
  touch(): void;
  end(): void;
};

/** A signal that fires with the caller's own, and when nothing was heard for too long. */
function createStallGuard({ signal, patience = defaultPatience }: HttpOptions): StallGuard {
  const controller = new AbortController();
  let stalled = false;
  const stall = () => {
    stalled = true;
    controller.abort();
  };
  const stop = () => controller.abort();
  let timer = setTimeout(stall, patience.stallMs);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  return {
    signal: controller.signal,
    get stalled() {
      return stalled;
    },
    touch() {
      clearTimeout(timer);
      timer = setTimeout(stall, patience.stallMs);
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    },
  };
}

function brokenOff(
  problem: string,
  guard: StallGuard,
  signal: AbortSignal | undefined,
  cause: unknown,
): PassingFailure | AuroraError {
  if (signal?.aborted) return new AuroraError("Aborted", "Stopped.", cause);
  const reason = guard.stalled ? `${problem}: the server fell silent` : problem;
  return new PassingFailure(
    new AuroraError(
      "DownloadFailed",
      `${reason}. Check the connection and try again: it goes on where it stopped.`,
      cause,
    ),
  );
}

function refusal(response: Response, url: URL, what: string, isPage: boolean): PassingFailure | AuroraError {
  const { status } = response;
  const failed = (problem: string) => new AuroraError("DownloadFailed", problem);
  if (response.ok && isPage) {
    return failed(
      `${url.host} sent a web page in place of ${what}. Look whether this network asks you to sign in first, then try again.`,
    );
  }
  const code = response.headers.get("x-error-code");
  if (code === "GatedRepo") {
    return failed(
      `${url.host} gives ${what} only to people who asked its authors. Accept its terms there, download the files and pick them from your disk.`,
    );
  }
  if (status === 401 || status === 403) {
    return failed(
      `${url.host} does not give out ${what} (status ${status}): it is private, or there is none of this name. Check the name, or pick files from your disk.`,
    );
  }
  if (status === 404 || status === 410) {
    return new AuroraError(
      "ModelNotFound",
      `${url.host} has no ${what} (status ${status}). Check the name and the revision.`,
    );
  }
  if (status === 429) {
    const waitMs = retryAfterMs(response);
    const wait = waitMs === null ? "in a few minutes" : `in ${Math.ceil(waitMs / 60_000)} min`;
    const error = failed(
      `${url.host} has had too many requests from this network and paused ${what}. Try again ${wait}: it goes on where it stopped.`,
    );
    return new PassingFailure(error, { waitMs });
  }
  const error = failed(`${url.host} failed to send ${what} (status ${status}). Try again in a while.`);
  return status >= 500 || status === 408 ? new PassingFailure(error, { waitMs: retryAfterMs(response) }) : error;
}

/** What `Retry-After` asks to wait, in seconds or as a date; null where there is none. */
function retryAfterMs(response: Response): number | null {
  const value = response.headers.get("retry-after");
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
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
