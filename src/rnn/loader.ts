import { AuroraError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import type { TablePiece } from "../kernels/embedding-gather.ts";
import {
  createLinear,
  type LinearFormat,
  type LinearWeights,
  padRows,
  writeLinear,
} from "../kernels/linear-weights.ts";
import { corruptFile } from "../model/fields.ts";
import { toFloat32, toHalfBits } from "../model/half.ts";
import { scaleSuffix, weightGroup } from "../model/quantised.ts";
import { expectTensor, type HostTensor, type RowRange, type TensorSource } from "../model/tensors.ts";

/** Weight and bias of a layer norm, [C] each. */
export type Norm = { readonly weight: Tensor; readonly bias: Tensor };

type Factor = { readonly name: string; readonly shape: readonly [inWidth: number, outWidth: number] };

/** A matrix of a checkpoint; one that is stored [in, out] is turned when it is read. */
type Matrix = { readonly name: string; readonly shape: readonly [number, number]; readonly turned: boolean };

/** Bytes of a matrix that are in memory at once, so that the largest take no more than others. */
const readBytes = 16 << 20;

/** What reads a model's tensors onto the GPU. */
export type Loader = ReturnType<typeof createLoader>;

/** Reads tensors by name and remembers what it made, so that a failure half-way leaves nothing behind. */
export function createLoader(gpu: Gpu, tensors: TensorSource, onTensor?: () => void) {
  const made = new Set<{ destroy(): void }>();
  const keep = <T extends { destroy(): void }>(item: T): T => {
    made.add(item);
    return item;
  };
  const seen = new Set<string>();
  /** Reads a tensor of a certain shape, or some of its rows. */
  const read = async (name: string, shape: readonly number[], rows?: RowRange) => {
    const tensor = await expectTensor(tensors, name, shape, rows);
    if (!seen.has(name)) onTensor?.();
    seen.add(name);
    return tensor;
  };
  const vectors = async (names: readonly string[], shape: readonly number[], width: number): Promise<Tensor> => {
    const parts: Float32Array[] = [];
    for (const name of names) parts.push(padRows(toFloat32(await read(name, shape)), width));
    const data = concat(parts);
    return keep(createTensor(gpu, names[0] as string, [data.length], "f32", data));
  };
  /** Writes each matrix into its batch, a part at a time; false when a value is too large for the weights' format. */
  const fill = async (w: LinearWeights, matrices: readonly Matrix[]): Promise<boolean> => {
    for (const [batch, { name, shape, turned }] of matrices.entries()) {
      const [count, columns] = shape;
      for (const rows of turned ? [[0, count] as const] : rowParts(count, columns * 4)) {
        const values = toWeights(await read(name, shape, rows), w.format);
        if (!values) return false;
        const straight = turned ? transpose(lengthen(values, w.inWidth * columns), columns) : values;
        writeLinear(gpu, w, straight, batch, rows[0]);
      }
    }
    return true;
  };
  /** Matrices as a batch, in f16 where all of them fit, else in f32. */
  const upload = async (matrices: readonly Matrix[], outWidth: number, inWidth: number): Promise<LinearWeights> => {
    const label = matrices[0]?.name as string;
    const shape = { batch: matrices.length, outWidth, inWidth };
    if (matrices.every(({ name }) => tensors.info(name)?.dtype !== "F32")) {
      const half = keep(createLinear(gpu, label, "f16", shape));
      if (await fill(half, matrices)) return half;
      half.destroy();
      made.delete(half);
    }
    const single = keep(createLinear(gpu, label, "f32", shape));
    await fill(single, matrices);
    return single;
  };
  const uploadQuantised = async (names: readonly string[], outWidth: number, inWidth: number) => {
    const stored = names.map((name) => quantisedFormat(tensors, name, outWidth, inWidth));
    const format = stored[0] as LinearFormat;
    const other = names[stored.findIndex((each) => each !== format)];
    if (other) throw corruptFile("weights", `do not fit together: ${names[0]} is in ${format}, but ${other} is not`);
    const w = keep(createLinear(gpu, names[0] as string, format, { batch: names.length, outWidth, inWidth }));
    const columns = format === "int8" ? inWidth : inWidth / 2;
    for (const [batch, name] of names.entries()) {
      for (const rows of rowParts(outWidth, columns)) {
        const { bytes: data } = await read(name, [outWidth, columns], rows);
        const scale = toHalfBits(await read(name + scaleSuffix, [outWidth, inWidth / weightGroup], rows));
        writeLinear(gpu, w, { data, scale }, batch, rows[0]);
      }
    }
    return w;
  };
  const stacked = (names: readonly string[], outWidth: number, inWidth: number): Promise<LinearWeights> => {
    if (names.some((name) => tensors.info(name + scaleSuffix))) return uploadQuantised(names, outWidth, inWidth);
    const matrices = names.map((name) => ({ name, shape: [outWidth, inWidth] as const, turned: false }));
    return upload(matrices, outWidth, inWidth);
  };
  /** Low-rank factors, each stored [in, out] and used as x·W, as a batch [out, in]; all filled up with zeros to its widths. */
  const factors = (list: readonly Factor[], outWidth: number, inWidth: number): Promise<LinearWeights> =>
    upload(
      list.map((factor) => ({ ...factor, turned: true })),
      outWidth,
      inWidth,
    );
  return {
    vectors,
    stacked,
    factors,
    linear: (name: string, outWidth: number, inWidth: number) => stacked([name], outWidth, inWidth),
    transposed: (name: string, outWidth: number, inWidth: number) =>
      factors([{ name, shape: [inWidth, outWidth] }], outWidth, inWidth),
    norm: async (name: string, width: number): Promise<Norm> => ({
      weight: await vectors([`${name}.weight`], [width], width),
      bias: await vectors([`${name}.bias`], [width], width),
    }),
    table: async (name: string, rows: number, width: number): Promise<readonly TablePiece[]> => {
      const { pieces } = await upload([{ name, shape: [rows, width], turned: false }], rows, width);
      return pieces.map(({ tensor, firstRow, rows: count }) => ({ tensor, first: firstRow, count }));
    },
    rank(name: string, axis: number): number {
      const size = tensors.info(name)?.shape[axis];
      if (!size)
        throw new AuroraError(
          "ModelCorrupt",
          `The model has no tensor ${name} with an axis ${axis}. Download the model again.`,
        );
      return size;
    },
    destroy() {
      for (const item of made) item.destroy();
      made.clear();
    },
  };
}

/** Ranges of rows that together are all, none of more bytes than are read at once. */
function rowParts(count: number, rowBytes: number): RowRange[] {
  const most = Math.max(1, Math.floor(readBytes / rowBytes));
  return Array.from({ length: Math.ceil(count / most) }, (_, i) => [i * most, Math.min(count, (i + 1) * most)]);
}

/**
 * The format of a tensor that has scales.
 *
 * @throws AuroraError `ModelCorrupt` with both types and shapes where they do not fit each other or the layer
 */
function quantisedFormat(tensors: TensorSource, name: string, outWidth: number, inWidth: number): LinearFormat {
  const describe = (of: string) => {
    const info = tensors.info(of);
    return info ? `${info.dtype} [${info.shape.join(", ")}]` : "missing";
  };
  const [data, scale] = [describe(name), describe(name + scaleSuffix)];
  if (inWidth % weightGroup === 0 && scale === `F16 [${outWidth}, ${inWidth / weightGroup}]`) {
    if (data === `I8 [${outWidth}, ${inWidth}]`) return "int8";
    if (data === `U8 [${outWidth}, ${inWidth / 2}]`) return "int4";
  }
  const layer = `a layer [${outWidth}, ${inWidth}]`;
  throw corruptFile("weights", `do not fit ${layer}: ${name} is ${data}, and ${name + scaleSuffix} is ${scale}`);
}

/** Values as f32 or bits of f16; null when a bf16 is too large for the latter. */
function toWeights(tensor: HostTensor, format: LinearFormat): Float32Array | Uint16Array | null {
  if (format === "f32") return toFloat32(tensor);
  const bits = toHalfBits(tensor);
  const overflows = tensor.dtype === "BF16" && bits.some((value) => (value & 0x7fff) === 0x7c00);
  return overflows ? null : bits;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function lengthen<T extends Float32Array | Uint16Array>(values: T, length: number): T {
  if (values.length === length) return values;
  const longer = (values instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length)) as T;
  longer.set(values);
  return longer;
}

function transpose<T extends Float32Array | Uint16Array>(matrix: T, columns: number): T {
  const rows = matrix.length / columns;
  const turned = matrix.slice() as T;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = matrix[row * columns + column] as number;
  }
  return turned;
}
