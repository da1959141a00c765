import { type Answer, type HttpOptions, PassingFailure, readBody, request, withRetries } from "../bytes/http.ts";
import { AuroraError } from "../errors.ts";
import type { FileWriter } from "../storage/file-store.ts";
import { type Checksum, createFileHash, type FileHash } from "./checksum.ts";
import type { StoreFolder } from "./store-folder.ts";

/** A file on a server that never changes under its address. */
export type RemoteFile = {
  /** Where it goes in the folder. */
  readonly path: string;
  readonly url: URL;
  readonly byteLength: number;
  readonly checksum: Checksum | null;
};

export type DownloadOptions = HttpOptions & {
  /** Called as bytes arrive, or as those of an earlier attempt are hashed ("checking"). */
  readonly onProgress?: (loadedBytes: number, status: "loading" | "checking") => void;
};

/** Bytes of an earlier attempt that are hashed at a time. */
const checkBytes = 4 << 20;

/**
 * Downloads one file into a folder of the store, from where an earlier attempt ended, and records it as whole once its
 * length and checksum are right. Servers that ignore ranges, or send others than asked for, cost a download from the start.
 *
 * The request carries no `If-Range`, which servers of other origins would have to allow: the checksum tells a changed file.
 *
 * @throws AuroraError `DownloadFailed`, `ModelNotFound`, `StorageFull` or `Aborted`; what arrived is kept unless it is wrong
 */
export async function downloadFile(file: RemoteFile, folder: StoreFolder, options: DownloadOptions): Promise<void> {
  if (await folder.whole(file.path)) return;
  const writer = await folder.openPart(file.path);
  let sha256: string;
  try {
    if (writer.byteLength > file.byteLength) await writer.truncate(0);
    const hash = createFileHash(file.checksum, file.byteLength);
    await hashPart(writer, hash, options);
    const server = { ignoresRanges: false };
    while (writer.byteLength < file.byteLength) {
      await withRetries(() => fetchRest(file, writer, hash, server, options), options);
    }
    const result = hash.finish();
    if (result.matches === false) {
      await writer.truncate(0);
      throw wrongContent(file, "its checksum is not that of the model's list");
    }
    sha256 = result.sha256;
  } finally {
    await writer.close();
  }
  await folder.seal(file.path, { byteLength: file.byteLength, sha256 });
}

async function hashPart(writer: FileWriter, hash: FileHash, { signal, onProgress }: DownloadOptions): Promise<void> {
  for (let begin = 0; begin < writer.byteLength; ) {
    if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.", signal.reason);
    const end = Math.min(begin + checkBytes, writer.byteLength);
    hash.update(await writer.read(begin, end));
    onProgress?.(end, "checking");
    begin = end;
  }
}

/** One request for all that is missing. Ends when the body does. */
async function fetchRest(
  file: RemoteFile,
  writer: FileWriter,
  hash: FileHash,
  server: { ignoresRanges: boolean },
  options: DownloadOptions,
): Promise<void> {
  const begin = writer.byteLength;
  const asked = begin > 0 && !server.ignoresRanges;
  const answer = await request(file.url, file.path, asked ? { Range: `bytes=${begin}-` } : {}, options);
  const start = bodyStart(answer, begin, file);
  if (start === null) {
    server.ignoresRanges = true;
    await discard(answer);
    throw new PassingFailure(misled(file, `the server sent other bytes than those from ${begin} on`));
  }
  let skip = begin - start;
  for await (const piece of readBody(answer, file.path, options, () => writer.byteLength > begin)) {
    const fresh = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - fresh.length;
    if (fresh.length === 0) continue;
    if (writer.byteLength + fresh.length > file.byteLength) {
      await writer.truncate(0);
      throw wrongContent(file, `it is longer than the ${file.byteLength} bytes of the model's list`);
    }
    await writer.append(fresh);
    hash.update(fresh);
    options.onProgress?.(writer.byteLength, "loading");
  }
  if (writer.byteLength < file.byteLength) {
    const sofar = `ended after ${writer.byteLength} of ${file.byteLength} bytes`;
    throw new PassingFailure(misled(file, `it ${sofar}`), { progressed: writer.byteLength > begin });
  }
}

/** Where in the file an answer's body begins: at most `begin`; null for one that cannot be used. */
function bodyStart({ response }: Answer, begin: number, file: RemoteFile): number | null {
  if (response.status === 200) return 0;
  if (response.status !== 206) return null;
  const header = response.headers.get("content-range");
  // A server of another origin may not show it; then the checksum has the last word.
  if (header === null) return begin;
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header) ?? [];
  const fits = from !== undefined && Number(from) <= begin && (total === "*" || Number(total) === file.byteLength);
  return fits ? Number(from) : null;
}

async function discard({ response, guard }: Answer): Promise<void> {
  guard.end();
  await response.body?.cancel().catch(() => undefined);
}

function misled(file: RemoteFile, problem: string): AuroraError {
  const message = `The download of ${file.path} from ${file.url.host} failed: ${problem}.`;
  return new AuroraError("DownloadFailed", `${message} Try again: it goes on where it stopped.`);
}

function wrongContent(file: RemoteFile, problem: string): AuroraError {
  const message = `${file.url.host} sent a wrong ${file.path}: ${problem}. It was thrown away.`;
  return new AuroraError("DownloadFailed", `${message} Try again; if it happens again, the server is at fault.`);
}
