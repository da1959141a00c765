import type { AuroraError } from "../errors.ts";
import { createBlobReader, createBytesReader } from "./blob-reader.ts";
import { downloadBlob } from "./download-blob.ts";
import { misled, type Subject, wrongLength } from "./download-errors.ts";
import {
  type Answer,
  bodyLength,
  contentRange,
  discard,
  type HttpOptions,
  readBody,
  request,
  requestIfThere,
} from "./http.ts";
import type { RangeReader } from "./range-reader.ts";
import { createReadAhead } from "./read-ahead.ts";
import { PassingFailure, withRetries } from "./retry.ts";

export type UrlReaderOptions = HttpOptions & {
  /** Called with the number of bytes of each piece that arrived; what is asked for again after a failure counts once. */
  readonly onBytes?: (count: number) => void;
};

/** Longer than the small tensors of one layer together, short against its matrices. */
const readAheadBytes = 1 << 20;

/**
 * Opens a file on a web server: fetches it whole in one request where its length is known and at most `wholeBytes`, else
 * reads it by ranges as asked, small ones together.
 *
 * @param onLength called once with the file's length where it is known before the file is fetched
 * @returns null when there is no such file
 * @throws AuroraError `DownloadFailed` or `Aborted`, also from the reader's `read`
 */
export async function openUrlFile(
  url: URL,
  subject: Subject,
  wholeBytes: number,
  options: UrlReaderOptions,
  onLength?: (byteLength: number) => void,
): Promise<RangeReader | null> {
  const answer = await withRetries(() => requestIfThere(url, subject, options), options);
  if (!answer) return null;
  const byteLength = bodyLength(answer.response);
  if (byteLength !== null) onLength?.(byteLength);
  if (byteLength !== null && byteLength > wholeBytes) {
    await discard(answer);
    return createReadAhead(createUrlReader({ url, subject, byteLength }, options), readAheadBytes);
  }
  const blob = await downloadWhole(answer, options);
  if (blob.size > wholeBytes) return createBlobReader(subject.name, blob);
  return createBytesReader(subject.name, new Uint8Array(await blob.arrayBuffer()));
}

/** A file of known length on a web server. */
export type UrlFile = { readonly url: URL; readonly subject: Subject; readonly byteLength: number };

/**
 * Reads a file on a web server by ranges, one request a read. A server that ignores ranges costs one download of the whole
 * file, kept as a Blob, unless `refuseWhole` gives an error to be thrown then.
 */
export function createUrlReader(
  file: UrlFile,
  options: UrlReaderOptions & { readonly refuseWhole?: () => AuroraError },
): RangeReader {
  const { url, subject, byteLength } = file;
  // Set by the first answer that ignores the range; unset again when that download fails, so that a later read can retry.
  let whole: Promise<RangeReader> | null = null;
  const keep = (answer: Answer) => {
    const download = downloadWhole(answer, options).then((blob) => {
      if (blob.size !== byteLength) throw wrongLength(url, subject, byteLength, blob.size);
      return createBlobReader(subject.name, blob);
    });
    download.catch(() => {
      whole = null;
    });
    return download;
  };
  return {
    name: subject.name,
    byteLength,
    async read(begin, end) {
      if (whole) return (await whole).read(begin, end);
      const found = await fetchRange(file, begin, end, options);
      if (found instanceof Uint8Array) return found;
      if (options.refuseWhole || whole) await discard(found);
      if (options.refuseWhole) throw options.refuseWhole();
      whole ??= keep(found);
      return (await whole).read(begin, end);
    },
  };
}

/** The bytes [begin, end), or the answer of a server that sends the whole file. */
async function fetchRange(
  { url, subject, byteLength }: UrlFile,
  begin: number,
  end: number,
  options: UrlReaderOptions,
): Promise<Uint8Array | Answer> {
  const bytes = new Uint8Array(end - begin);
  let at = 0;
  const fetchRest = async () => {
    const had = at;
    const answer = await request(url, subject, `bytes=${begin + at}-${end - 1}`, options);
    const { status } = answer.response;
    if (status !== 206 && status !== 416) return answer;
    const part = contentRange(answer.response);
    const fits = part === null || (part.begin === begin + at && (part.total ?? byteLength) === byteLength);
    if (status === 416 || !fits) {
      await discard(answer);
      throw new PassingFailure(misled(url, subject, `the server sent other bytes than those from ${begin + at} on`));
    }
    for await (const piece of readBody(answer, options, () => at > had)) {
      if (at + piece.length > bytes.length) throw wrongLength(url, subject, bytes.length, at + piece.length);
      bytes.set(piece, at);
      at += piece.length;
      options.onBytes?.(piece.length);
    }
    if (at < bytes.length) {
      throw new PassingFailure(wrongLength(url, subject, bytes.length, at), { progressed: at > had });
    }
    return bytes;
  };
  return withRetries(fetchRest, options);
}

function downloadWhole(first: Answer, options: UrlReaderOptions): Promise<Blob> {
  let counted = 0;
  const onProgress = (loadedBytes: number) => {
    if (loadedBytes <= counted) return;
    options.onBytes?.(loadedBytes - counted);
    counted = loadedBytes;
  };
  return downloadBlob(first.url, first.subject, options, { first, onProgress });
}
