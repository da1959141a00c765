import { corruptFile } from "./fields.ts";

/** A tensor of a checkpoint on the host: row-major, in the file's own type, little-endian. */
export type HostTensor = {
  readonly shape: readonly number[];
  readonly dtype: "F32" | "F16" | "BF16";
  readonly bytes: Uint8Array;
};

/** A checkpoint's tensors, read one at a time; nothing is kept after a read. */
export type TensorSource = {
  readonly names: readonly string[];
  /** Shape of a tensor, or null when there is none of this name. */
  shape(name: string): readonly number[] | null;
  /** Reads one tensor. @throws AuroraError `ModelCorrupt` when it is missing or its bytes are; network errors as `DownloadFailed`. */
  read(name: string): Promise<HostTensor>;
};

/**
 * Reads a tensor that must be there in a certain shape; null in `shape` stands for any size.
 *
 * @throws AuroraError `ModelCorrupt` with the name and both shapes when it is missing or differs; errors of `TensorSource.read`
 */
export async function expectTensor(
  source: TensorSource,
  name: string,
  shape: readonly (number | null)[],
): Promise<HostTensor> {
  const found = source.shape(name);
  const fits = found?.length === shape.length && shape.every((size, axis) => size === null || size === found[axis]);
  if (!fits) {
    const expected = `[${shape.map((size) => size ?? "any").join(", ")}]`;
    const problem = found ? `has shape [${found.join(", ")}]` : "is missing";
    throw corruptFile("weights", `do not fit its config.json: tensor ${name} ${problem}, expected ${expected}`);
  }
  return source.read(name);
}
