import type { RangeReader } from "../bytes/range-reader.ts";
import { createReadAhead } from "../bytes/read-ahead.ts";
import { AuroraError } from "../errors.ts";

/** What a download reports to, and what stops it. */
export type Transfer = {
  readonly signal: AbortSignal | undefined;
  /** Called with the number of bytes of each piece that arrived. */
  readonly onBytes: (count: number) => void;
};

/**
 * Opens a file on a web server: fetches it whole in one request where its length is known and at most `wholeLimit`, else
 * reads it by HTTP ranges as asked, small ones together. A server that ignores ranges costs one download of the whole file, kept as a Blob.
 *
 * @param onLength called once with the file's length where it is known before the file is fetched
 * @returns null when there is no such file
 * @throws AuroraError `DownloadFailed` or `Aborted`, also from the reader's `read`
 */
export async function openUrlFile(
  url: URL,
  wholeLimit: number,
  transfer: Transfer,
  onLength?: (byteLength: number) => void,
): Promise<RangeReader | null> {
  const response = await request(url, transfer);
  if (isMissing(response)) {
    await response.body?.cancel();
    return null;
  }
  const name = fileName(url);
  const length = contentLength(response);
  if (length !== null) onLength?.(length);
  if (length !== null && length > wholeLimit) {
    await response.body?.cancel();
    return createReadAhead(createRangeReader(url, length, transfer), readAheadLength);
  }
  return createBlobReader(name, await receive(url, response, transfer), wholeLimit);
}

/** Longer than the small tensors of one layer together, short against its matrices. */
const readAheadLength = 1 << 20;

/** The content of a small file, or null when there is no such file. @throws AuroraError `DownloadFailed` or `Aborted` */
export async function fetchUrlBytes(url: URL, transfer: Transfer): Promise<Uint8Array | null> {
  const response = await request(url, transfer);
  if (isMissing(response)) {
    await response.body?.cancel();
    return null;
  }
  return new Uint8Array(await (await receive(url, response, transfer)).arrayBuffer());
}

async function createBlobReader(name: string, blob: Blob, memoryLimit: number): Promise<RangeReader> {
  if (blob.size > memoryLimit) {
    return { name, byteLength: blob.size, read: (begin, end) => sliceBlob(blob, begin, end) };
  }
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return { name, byteLength: blob.size, read: async (begin, end) => bytes.subarray(begin, end) };
}

function createRangeReader(url: URL, byteLength: number, transfer: Transfer): RangeReader {
  // Set by the first answer that ignores the range; unset again when that download fails, so that a later read can retry.
  let whole: Promise<Blob> | null = null;
  return {
    name: fileName(url),
    byteLength,
    async read(begin, end) {
      if (whole) return sliceBlob(await whole, begin, end);
      const response = await request(url, transfer, { Range: `bytes=${begin}-${end - 1}` });
      if (response.status === 206) {
        const bytes = new Uint8Array(await (await receive(url, response, transfer)).arrayBuffer());
        if (bytes.byteLength !== end - begin) throw badRange(url, end - begin, bytes.byteLength);
        return bytes;
      }
      if (whole) {
        await response.body?.cancel();
      } else {
        whole = receive(url, response, transfer);
        whole.catch(() => {
          whole = null;
        });
      }
      const blob = await whole;
      if (blob.size !== byteLength) throw badRange(url, byteLength, blob.size);
      return sliceBlob(blob, begin, end);
    },
  };
}

async function sliceBlob(blob: Blob, begin: number, end: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(begin, end).arrayBuffer());
}

/** An answer that is a success or says that the file is not there; all others throw. */
async function request(url: URL, transfer: Transfer, headers: Record<string, string> = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: transfer.signal ?? null });
  } catch (error) {
    throw networkError(transfer, `${url.host} could not be reached for ${fileName(url)}`, error);
  }
  if (response.ok || isMissing(response)) return response;
  await response.body?.cancel();
  const reason = `${url.host} refused ${fileName(url)} with status ${response.status} ${response.statusText}`.trimEnd();
  const advice =
    response.status === 401 || response.status === 403
      ? "The model may be private or its address wrong."
      : "Try again in a while.";
  throw new AuroraError("DownloadFailed", `${reason}. ${advice}`);
}

/** Static servers of single-page apps answer a missing file with their index page. */
function isMissing(response: Response): boolean {
  const html = response.headers.get("content-type")?.toLowerCase().startsWith("text/html") ?? false;
  return response.status === 404 || response.status === 410 || (response.ok && html);
}

/** Reads a body to its end. Pieces go to Blobs early: browsers keep those outside of the page's memory. */
async function receive(url: URL, response: Response, transfer: Transfer): Promise<Blob> {
  const blobs: Blob[] = [];
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let pending = 0;
  let received = 0;
  const reader = response.body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      pieces.push(next.value);
      pending += next.value.byteLength;
      received += next.value.byteLength;
      transfer.onBytes(next.value.byteLength);
      if (pending >= blobPiece) {
        blobs.push(new Blob(pieces));
        pieces = [];
        pending = 0;
      }
    }
  } catch (error) {
    const of = contentLength(response);
    const progress = of === null ? `${received} bytes` : `${received} of ${of} bytes`;
    throw networkError(
      transfer,
      `The download of ${fileName(url)} from ${url.host} broke off after ${progress}`,
      error,
    );
  }
  return new Blob([...blobs, ...pieces]);
}

const blobPiece = 16 << 20;

function networkError(transfer: Transfer, problem: string, cause: unknown): AuroraError {
  if (transfer.signal?.aborted) return new AuroraError("Aborted", "Stopped.", cause);
  return new AuroraError("DownloadFailed", `${problem}. Check the connection and try again.`, cause);
}

function badRange(url: URL, expected: number, found: number): AuroraError {
  const problem = `${url.host} sent ${found} bytes of ${fileName(url)} where ${expected} were expected`;
  return new AuroraError("DownloadFailed", `${problem}. Try again; if it happens again, the server is at fault.`);
}

/** Length of the body that the reader will yield; null where unknown or where it is that of a compressed body. */
function contentLength(response: Response): number | null {
  const encoding = response.headers.get("content-encoding") ?? "identity";
  const length = response.headers.get("content-length");
  return encoding === "identity" && length !== null && /^\d+$/.test(length) ? Number(length) : null;
}

function fileName(url: URL): string {
  return url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
}
