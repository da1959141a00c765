import { assert } from "../../../src/errors.ts";
import type { HostTensor, RowRange, TensorSource } from "../../../src/model/tensors.ts";

/** Tensors in memory as a checkpoint's; `reads` lists what was read. */
export function tensorMap(
  tensors: ReadonlyMap<string, HostTensor>,
): TensorSource & { readonly reads: [name: string, rows: RowRange | undefined][] } {
  const reads: [string, RowRange | undefined][] = [];
  return {
    reads,
    names: [...tensors.keys()],
    info: (name) => tensors.get(name) ?? null,
    async read(name, rows) {
      reads.push([name, rows]);
      const tensor = tensors.get(name);
      assert(tensor, `there is no ${name}`);
      if (!rows) return tensor;
      const [count = 0, ...width] = tensor.shape;
      assert(rows[0] >= 0 && rows[1] <= count, `rows ${rows} of ${name}`);
      const rowBytes = tensor.bytes.byteLength / count;
      const bytes = tensor.bytes.slice(rows[0] * rowBytes, rows[1] * rowBytes);
      return { shape: [rows[1] - rows[0], ...width], dtype: tensor.dtype, bytes };
    },
  };
}

/** An f32 tensor. */
export function floatTensor(shape: readonly number[], values: Float32Array): HostTensor {
  assert(
    shape.reduce((product, size) => product * size, 1) === values.length,
    `${values.length} values for [${shape}]`,
  );
  return { shape, dtype: "F32", bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** A bf16 tensor of values cut to bf16. */
export function bfloatTensor(shape: readonly number[], values: Float32Array): HostTensor {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = Uint16Array.from(words, (word) => word >>> 16);
  return { shape, dtype: "BF16", bytes: new Uint8Array(bits.buffer) };
}
