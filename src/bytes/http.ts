import { AuroraError } from "../errors.ts";
import { brokenOff, notReached, refusal, type Subject } from "./download-errors.ts";
import { defaultPatience, PassingFailure, type Patience } from "./retry.ts";

/** How to ask: this file is the app's one door to the network. */
export type HttpOptions = {
  readonly signal?: AbortSignal;
  readonly patience?: Patience;
  /**
   * Whether the browser's HTTP cache may keep what comes; unless it may, a file that is stored takes its space once. `anew`: what it has is
   * replaced.
   */
  readonly cached?: boolean | "anew";
};

/** An answer whose body is to be read with `readBody`, or given up with `discard`. */
export type Answer = {
  readonly response: Response;
  readonly url: URL;
  readonly subject: Subject;
  readonly guard: StallGuard;
};

/** Hosts that answered before: a connection to them that fails is likely to come back. */
const knownHosts = new Set<string>();

/**
 * Asks for a file, or a part of it.
 *
 * @param range e.g. `bytes=5-9`; null for the whole file
 * @returns an answer of a 2xx status, or of 416 when a range was asked for
 * @throws PassingFailure for lost connections, silence, 408, 429 and 5xx; AuroraError `DownloadFailed`, the subject's code where
 *   there is no such file (404, 410), or `Aborted`
 */
export async function request(url: URL, subject: Subject, range: string | null, options: HttpOptions): Promise<Answer> {
  const answer = await send(url, subject, range, options);
  const { response } = answer;
  if ((response.ok && !isPage(response)) || (response.status === 416 && range !== null)) return answer;
  await discard(answer);
  throw refusal(response, url, subject, isPage(response));
}

/** As `request`; null where there is no such file. Servers of single-page apps answer for one with their index page. */
export async function requestIfThere(url: URL, subject: Subject, options: HttpOptions): Promise<Answer | null> {
  const answer = await send(url, subject, null, options);
  const { response } = answer;
  if (response.ok && !isPage(response)) return answer;
  await discard(answer);
  if (response.ok || response.status === 404 || response.status === 410) return null;
  throw refusal(response, url, subject, false);
}

async function send(url: URL, subject: Subject, range: string | null, options: HttpOptions): Promise<Answer> {
  const guard = createStallGuard(options);
  try {
    const response = await fetch(url, {
      headers: range === null ? {} : { Range: range },
      signal: guard.signal,
      cache: options.cached === "anew" ? "reload" : options.cached ? "default" : "no-store",
    });
    knownHosts.add(url.host);
    return { response, url, subject, guard };
  } catch (cause) {
    guard.end();
    throwIfStopped(options, cause);
    throw new PassingFailure(notReached(url, subject, guard.stalled, cause), {
      neverAnswered: !knownHosts.has(url.host),
    });
  }
}

function isPage({ headers }: Response): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith("text/html") ?? false;
}

/**
 * The pieces of an answer's body as they arrive. Ends without an error also where the server ended too early.
 *
 * @throws PassingFailure when the connection breaks or is silent, `progressed` as `progressed()` says then; AuroraError `Aborted`
 */
export async function* readBody(
  { response, guard, url, subject }: Answer,
  options: HttpOptions,
  progressed: () => boolean,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = response.body?.getReader();
  let received = 0;
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      guard.touch();
      received += next.value.length;
      yield next.value;
    }
  } catch (cause) {
    throwIfStopped(options, cause);
    const length = bodyLength(response);
    const after = length === null ? `${received} bytes` : `${received} of ${length} bytes`;
    throw new PassingFailure(brokenOff(url, subject, after, guard.stalled, cause), { progressed: progressed() });
  } finally {
    guard.end();
    // Without effect on a body that was read to its end; else it gives the connection back.
    await reader?.cancel().catch(() => undefined);
  }
}

/** Gives up an answer whose body is of no use. */
export async function discard({ response, guard }: Answer): Promise<void> {
  guard.end();
  await response.body?.cancel().catch(() => undefined);
}

/** Length of the body that `readBody` will give; null where unknown, also where the body travels compressed. */
export function bodyLength({ headers }: Response): number | null {
  const encoding = headers.get("content-encoding") ?? "identity";
  const length = headers.get("content-length");
  return encoding === "identity" && length !== null && /^\d+$/.test(length) ? Number(length) : null;
}

/** Which part of which whole a 206 is; null where the server does not show it. `total` is null where it does not tell. */
export function contentRange({ headers }: Response): { readonly begin: number; readonly total: number | null } | null {
  const header = headers.get("content-range");
  if (header === null) return null;
  const [, begin = Number.NaN, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header) ?? [];
  return { begin: Number(begin), total: total === undefined || total === "*" ? null : Number(total) };
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

function throwIfStopped({ signal }: HttpOptions, cause: unknown): void {
  if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.", cause);
}
