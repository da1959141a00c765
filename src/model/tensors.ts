import { AuroraError } from "../errors.ts";
import { corruptFile } from "./fields.ts";

/** Types that tensors of a model come in: `I8` and `U8` hold quantised weights (`quantised.ts`). */
export type TensorType = "F32" | "F16" | "BF16" | "I8" | "U8";

/** True for a type that tensors of a model come in. */
export function isTensorType(dtype: string): dtype is TensorType {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16" || dtype === "I8" || dtype === "U8";
}

/** A type that tensors of a model come in. @throws AuroraError `ModelUnsupported` for another type that a file may have */
export function expectTensorType(file: string, name: string, dtype: string): TensorType {
  if (isTensorType(dtype)) return dtype;
  const message = `Tensor ${name} of the model's ${file} is of type ${dtype}, which this app cannot use.`;
  throw new AuroraError("ModelUnsupported", `${message} Use a copy of the model in F16, BF16 or F32.`);
}

/** A tensor of a checkpoint on the host: row-major, in the file's own type, little-endian. */
export type HostTensor = {
  readonly shape: readonly number[];
  readonly dtype: TensorType;
  readonly bytes: Uint8Array;
};

/** Some of a tensor's rows (its first axis): from the first up to, not including, the second. */
export type RowRange = readonly [first: number, end: number];

/** A checkpoint's tensors, read one at a time; nothing is kept after a read. */
export type TensorSource = {
  readonly names: readonly string[];
  /** Entries of its files that are no tensors as far as this app can tell → what they would take to be read. */
  readonly unread?: ReadonlyMap<string, string>;
  /** Shape and type of a tensor as its file says, or null when there is none of this name. */
  info(name: string): { readonly shape: readonly number[]; readonly dtype: string } | null;
  /**
   * Reads one tensor, or only some of its rows, so that no more of a large one need be in memory.
   * @throws AuroraError `ModelCorrupt` when it is missing or its bytes are, `ModelUnsupported` for another type; network errors as `DownloadFailed`
   */
  read(name: string, rows?: RowRange): Promise<HostTensor>;
};

/**
 * Reads a tensor that must be there in a certain shape, or some of its rows; null in `shape` stands for any size.
 *
 * @throws AuroraError `ModelCorrupt` with the name and both shapes when it is missing or differs; errors of `TensorSource.read`
 */
export async function expectTensor(
  source: TensorSource,
  name: string,
  shape: readonly (number | null)[],
  rows?: RowRange,
): Promise<HostTensor> {
  const found = source.info(name)?.shape;
  const fits = found?.length === shape.length && shape.every((size, axis) => size === null || size === found[axis]);
  if (!fits) {
    const expected = `[${shape.map((size) => size ?? "any").join(", ")}]`;
    const problem = found ? `has shape [${found.join(", ")}]` : "is missing";
    throw corruptFile("weights", `do not fit its config.json: tensor ${name} ${problem}, expected ${expected}`);
  }
  return source.read(name, rows);
}
