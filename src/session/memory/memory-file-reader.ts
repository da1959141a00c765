import { createBytesReader } from "../../bytes/blob-reader.ts";
import { AuroraError } from "../../errors.ts";
import { openSafetensors } from "../../model/safetensors.ts";

type FoundTensor = { readonly shape: readonly number[]; readonly dtype: string; readonly bytes: Uint8Array };

/**
 * What lies in a safetensors file: its tensors, and the texts of its header's `__metadata__`.
 *
 * @throws AuroraError `MemoryUnreadable`
 */
export async function readMemoryTensors(file: Uint8Array): Promise<{
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, FoundTensor>;
}> {
  try {
    const source = await openSafetensors(createBytesReader("memory", file));
    const tensors = new Map<string, FoundTensor>();
    for (const name of source.names) tensors.set(name, await source.read(name));
    return { metadata: readMetadata(file), tensors };
  } catch (cause) {
    throw new AuroraError(
      "MemoryUnreadable",
      "This is not a whole memory file. Choose one that was saved with Save memory, or copy it again from where it came.",
      cause,
    );
  }
}

/** Of a file whose header was found to be one. */
function readMetadata(file: Uint8Array): ReadonlyMap<string, string> {
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const entries = Object.entries((header as { readonly __metadata__?: object }).__metadata__ ?? {});
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
