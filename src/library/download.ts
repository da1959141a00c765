import { type Subject, wrongContent } from "../bytes/download-errors.ts";
import type { HttpOptions } from "../bytes/http.ts";
import { receiveFile, type Sink } from "../bytes/receive-file.ts";
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

/** A file of a model on a hub, for messages. */
export function hubSubject(name: string): Subject {
  return {
    name,
    advice: {
      page: "Look whether this network asks you to sign in first, then try again.",
      forbidden: "Either it is private, or there is none of this name. Check the name, or pick files from your disk.",
      missing: "Check the name and the revision.",
      missingCode: "ModelNotFound",
      keeps: true,
    },
  };
}

export type DownloadOptions = HttpOptions & {
  /** Called as bytes arrive, or as those of an earlier attempt are hashed ("checking"). */
  readonly onProgress?: (loadedBytes: number, status: "loading" | "checking") => void;
};

/** Bytes of an earlier attempt that are hashed at a time. */
const checkBytes = 4 << 20;

/**
 * Downloads one file into a folder of the store, from where an earlier attempt ended, and records it as whole once its
 * length and checksum are right.
 *
 * @throws AuroraError `DownloadFailed`, `ModelNotFound`, `StorageFull` or `Aborted`; what arrived is kept unless it is wrong
 */
export async function downloadFile(file: RemoteFile, folder: StoreFolder, options: DownloadOptions): Promise<void> {
  if (await folder.whole(file.path)) return;
  const subject = hubSubject(file.path);
  const writer = await folder.openPart(file.path);
  let sha256: string;
  try {
    if (writer.byteLength > file.byteLength) await writer.truncate(0);
    const hash = createFileHash(file.checksum, file.byteLength);
    await hashPart(writer, hash, options);
    await receiveFile({ ...file, subject, pinned: true }, hashing(writer, hash), options, {
      onProgress: (loadedBytes) => options.onProgress?.(loadedBytes, "loading"),
    });
    const result = hash.finish();
    if (result.matches === false) {
      await writer.truncate(0);
      throw wrongContent(file.url, subject, "its checksum is not that of the model's list");
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

/** Hashes what is written. What is thrown away needs no hash: the download has failed then. */
function hashing(writer: FileWriter, hash: FileHash): Sink {
  return {
    get byteLength() {
      return writer.byteLength;
    },
    async append(bytes) {
      await writer.append(bytes);
      hash.update(bytes);
    },
    clear: () => writer.truncate(0),
  };
}
