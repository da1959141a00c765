import { AuroraError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import type { TablePiece } from "../kernels/embedding-gather.ts";
import { type LinearWeights, padRows, uploadLinear } from "../kernels/linear.ts";
import { halfToFloat32, toFloat32, toHalfBits } from "../model/half.ts";
import { expectTensor, type HostTensor, type TensorSource } from "../model/tensors.ts";

/** Weight and bias of a layer norm, [C] each. */
export type Norm = { readonly weight: Tensor; readonly bias: Tensor };

type Factor = { readonly name: string; readonly shape: readonly [inWidth: number, outWidth: number] };

/** What reads a model's tensors onto the GPU. */
export type Loader = ReturnType<typeof createLoader>;

/** Reads tensors by name and remembers what it made, so that a failure half-way leaves nothing behind. */
export function createLoader(gpu: Gpu, tensors: TensorSource, onTensor?: () => void) {
  const made: { destroy(): void }[] = [];
  const keep = <T extends { destroy(): void }>(item: T): T => {
    made.push(item);
    return item;
  };
  const read = async (name: string, shape: readonly number[]) => {
    const tensor = await expectTensor(tensors, name, shape);
    onTensor?.();
    return tensor;
  };
  const vectors = async (names: readonly string[], shape: readonly number[], width: number): Promise<Tensor> => {
    const parts: Float32Array[] = [];
    for (const name of names) parts.push(padRows(toFloat32(await read(name, shape)), width));
    const data = concat(parts);
    return keep(createTensor(gpu, names[0] as string, [data.length], "f32", data));
  };
  const stacked = async (names: readonly string[], outWidth: number, inWidth: number): Promise<LinearWeights> => {
    const parts: (Float32Array | Uint16Array)[] = [];
    for (const name of names) parts.push(toWeights(await read(name, [outWidth, inWidth])));
    return keep(
      uploadLinear(gpu, names[0] as string, concat(sameKind(parts)), { batch: names.length, outWidth, inWidth }),
    );
  };
  /** Low-rank factors, each stored [in, out] and used as x·W, as a batch [out, in]; all filled up with zeros to its widths. */
  const factors = async (list: readonly Factor[], outWidth: number, inWidth: number): Promise<LinearWeights> => {
    const parts: (Float32Array | Uint16Array)[] = [];
    for (const { name, shape } of list) {
      const weights = toWeights(await read(name, shape));
      const turned = transpose(lengthen(weights, inWidth * shape[1]), shape[1]);
      parts.push(lengthen(turned, outWidth * inWidth));
    }
    const shape = { batch: list.length, outWidth, inWidth };
    return keep(uploadLinear(gpu, list[0]?.name as string, concat(sameKind(parts)), shape));
  };
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
      const { pieces } = await stacked([name], rows, width);
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
      for (const item of made.splice(0)) item.destroy();
    },
  };
}

/** f32 stays f32; 16-bit types become f16, unless a bf16 is too large for it. */
function toWeights(tensor: HostTensor): Float32Array | Uint16Array {
  if (tensor.dtype === "F32") return toFloat32(tensor);
  const bits = toHalfBits(tensor);
  const overflows = tensor.dtype === "BF16" && bits.some((value) => (value & 0x7fff) === 0x7c00);
  return overflows ? toFloat32(tensor) : bits;
}

/** All as f16 bits, or, when one of them is f32, all as f32. */
function sameKind(parts: readonly (Float32Array | Uint16Array)[]): Float32Array[] | Uint16Array[] {
  if (parts.every((part) => part instanceof Uint16Array)) return parts as Uint16Array[];
  return parts.map((part) => (part instanceof Uint16Array ? halfToFloat32(part) : part));
}

function concat(parts: readonly Float32Array[]): Float32Array;
function concat(parts: readonly Float32Array[] | readonly Uint16Array[]): Float32Array | Uint16Array;
function concat(parts: readonly Float32Array[] | readonly Uint16Array[]): Float32Array | Uint16Array {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = first instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
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
