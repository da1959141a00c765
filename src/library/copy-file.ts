import type { RangeReader } from "../bytes/range-reader.ts";
import { AuroraError } from "../errors.ts";
import { createFileHash } from "./checksum.ts";
import type { StoreFolder } from "./store-folder.ts";

const pieceBytes = 4 << 20;

/**
 * Copies a file into a folder of the store, piece by piece, and records it as whole.
 *
 * @throws AuroraError `StorageFull`, `Aborted`; errors of `reader`
 */
export async function copyFile(
  reader: RangeReader,
  path: string,
  folder: StoreFolder,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (copiedBytes: number) => void },
): Promise<void> {
  if (await folder.whole(path)) return;
  const hash = createFileHash(null, reader.byteLength);
  const writer = await folder.openPart(path);
  try {
    await writer.truncate(0);
    for (let begin = 0; begin < reader.byteLength; begin = writer.byteLength) {
      if (options.signal?.aborted) throw new AuroraError("Aborted", "Stopped.", options.signal.reason);
      const bytes = await reader.read(begin, Math.min(begin + pieceBytes, reader.byteLength));
      await writer.append(bytes);
      hash.update(bytes);
      options.onProgress?.(writer.byteLength);
    }
  } finally {
    await writer.close();
  }
  await folder.seal(path, { byteLength: reader.byteLength, sha256: hash.finish().sha256 });
}
