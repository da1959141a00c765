import { misled, type Subject, wrongContent } from "./download-errors.ts";
import { type Answer, bodyLength, contentRange, discard, type HttpOptions, readBody, request } from "./http.ts";
import { PassingFailure, withRetries } from "./retry.ts";

/** Where a download goes: a file in the store, or a Blob that grows. */
export type Sink = {
  readonly byteLength: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Throws away all of it. */
  clear(): Promise<void>;
};

/** A file on a web server. */
export type WebFile = {
  readonly url: URL;
  readonly subject: Subject;
  /** Its length; null where only the server knows it. */
  readonly byteLength: number | null;
  /** Whether what lies at its address never changes, so that parts of different answers fit together. */
  readonly pinned: boolean;
};

/** What else may come with a download. */
export type Receiving = {
  /** A whole answer that came already, to begin with. */
  readonly first?: Answer | null;
  /** `totalBytes` is null where the server does not tell; `loadedBytes` falls back to 0 where it has to start over. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number | null) => void;
};

/**
 * Downloads a file into `sink`, from where that ends: over as many requests as it takes, each of which asks for what is missing.
 * Servers that ignore ranges, or send others than asked for, cost a download from the start, and so does a file that changed.
 *
 * The requests carry no `If-Range`, which servers of other origins would have to allow: what they show of a file's version is
 * compared instead.
 *
 * @throws AuroraError `DownloadFailed`, the subject's code where there is no such file, or `Aborted`; errors of `sink`
 */
export async function receiveFile(
  file: WebFile,
  sink: Sink,
  options: HttpOptions,
  { first = null, onProgress }: Receiving = {},
): Promise<void> {
  if (sink.byteLength === file.byteLength) return;
  const transfer: Transfer = { file, sink, onProgress, first, ignoresRanges: false, version: null, furthest: 0 };
  await withRetries(() => receiveRest(transfer, options), options);
}

/** A download under way, and what its requests have told so far. */
type Transfer = {
  readonly file: WebFile;
  readonly sink: Sink;
  readonly onProgress: Receiving["onProgress"];
  first: Answer | null;
  ignoresRanges: boolean;
  /** That of what `sink` has; null while that is nothing, or from an earlier time. */
  version: Version | null;
  /** The most that `sink` ever had: to get there again is no progress. */
  furthest: number;
};

/** One request for all that is missing. Ends when the body does. */
async function receiveRest(transfer: Transfer, options: HttpOptions): Promise<void> {
  const { file, sink } = transfer;
  const had = sink.byteLength;
  transfer.furthest = Math.max(transfer.furthest, had);
  const range = had > 0 && !transfer.ignoresRanges ? `bytes=${had}-` : null;
  const answer = transfer.first ?? (await request(file.url, file.subject, range, options));
  transfer.first = null;
  const start = bodyStart(answer, had, file, transfer.version);
  // Without a promise that nothing changes, parts of two answers are not put together on trust.
  const anew = had > 0 && !file.pinned && (start === null || start === 0);
  if (anew) {
    await sink.clear();
    transfer.version = null;
  }
  if (start === null) {
    await discard(answer);
    if (file.pinned) transfer.ignoresRanges = true;
    const problem = `the server sent other bytes than those from ${had} on`;
    throw new PassingFailure(misled(file.url, file.subject, problem));
  }
  transfer.version ??= versionOf(answer.response);
  await appendBody(answer, sink.byteLength - start, transfer, options);
}

/** @param skip bytes at the body's begin that are there already */
async function appendBody(answer: Answer, skip: number, transfer: Transfer, options: HttpOptions): Promise<void> {
  const { file, sink, version, furthest, onProgress } = transfer;
  const { url, subject } = file;
  const total = file.byteLength ?? version?.byteLength ?? null;
  let skipped = 0;
  const progressed = () => sink.byteLength > furthest;
  for await (const piece of readBody(answer, options, progressed)) {
    const fresh = piece.subarray(Math.min(skip - skipped, piece.length));
    skipped += piece.length - fresh.length;
    if (fresh.length === 0) continue;
    if (total !== null && sink.byteLength + fresh.length > total) {
      await sink.clear();
      throw wrongContent(url, subject, `it is longer than the ${total} bytes that were announced`);
    }
    await sink.append(fresh);
    onProgress?.(sink.byteLength, total);
  }
  if (total !== null && sink.byteLength < total) {
    const problem = `it ended after ${sink.byteLength} of ${total} bytes`;
    throw new PassingFailure(misled(url, subject, problem), { progressed: progressed() });
  }
}

/** Where in the file an answer's body begins: at most at `had`; null for one that does not fit to what is there. */
function bodyStart({ response }: Answer, had: number, file: WebFile, version: Version | null): number | null {
  if (response.status === 416) return null;
  if (response.status !== 206) return 0;
  if (!file.pinned && version && !isSame(version, versionOf(response))) return null;
  const part = contentRange(response);
  // A server of another origin may not show it.
  if (part === null) return had;
  const fits = part.begin <= had && (part.total ?? file.byteLength) === (file.byteLength ?? part.total);
  return fits && (file.pinned || part.begin === had) ? part.begin : null;
}

/** What an answer shows of its file's version; null for what it does not show. */
type Version = {
  readonly tag: string | null;
  readonly changedAt: string | null;
  readonly byteLength: number | null;
};

function versionOf(response: Response): Version {
  return {
    // Weak where the same content travels compressed.
    tag: response.headers.get("etag")?.replace(/^W\//, "") ?? null,
    changedAt: response.headers.get("last-modified"),
    byteLength: response.status === 206 ? (contentRange(response)?.total ?? null) : bodyLength(response),
  };
}

function isSame(a: Version, b: Version): boolean {
  const agree = <T>(x: T | null, y: T | null) => x === null || y === null || x === y;
  return agree(a.tag, b.tag) && agree(a.changedAt, b.changedAt) && agree(a.byteLength, b.byteLength);
}
