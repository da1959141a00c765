import { assert } from "../errors.ts";
import type { TensorType } from "./tensors.ts";

/** A tensor as a weights file holds it. */
export type StoredTensor = { readonly name: string; readonly dtype: TensorType; readonly shape: readonly number[] };

/** Builds safetensors files one after the other, each whole in the same memory. */
export type ShardWriter = {
  /** Adds a tensor; returns the place where its bytes belong, row-major and little-endian. */
  add(tensor: StoredTensor): Uint8Array<ArrayBuffer>;
  /** Forgets the tensors that were added last, this many. */
  remove(count: number): void;
  /** Ends a file; its content is valid until the next `add`. */
  finish(): { readonly content: Uint8Array<ArrayBuffer>; readonly tensorBytes: number };
};

const elementBytes = { F32: 4, F16: 2, BF16: 2, I8: 1, U8: 1 } as const satisfies Record<TensorType, number>;

/** Length of a tensor's data in a file. */
export function tensorBytes({ dtype, shape }: Pick<StoredTensor, "dtype" | "shape">): number {
  return shape.reduce((product, size) => product * size, elementBytes[dtype]);
}

/** Most bytes that a tensor takes in a file's header, wherever in the file it lies. */
export function maxEntryBytes({ name, shape }: StoredTensor): number {
  const offsets = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return new TextEncoder().encode(JSON.stringify({ [name]: { dtype: "BF16", shape, data_offsets: offsets } })).length;
}

/** Length of the whole file that holds these tensors. */
export function fileBytes(tensors: readonly StoredTensor[]): number {
  return encodeHeader(tensors).length + tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
}

/** Beside the entries: the length, the outer braces and what rounds up to 8 bytes. */
export const headerFrameBytes = 8 + 2 + 7;

/**
 * @param headerCapacity room for the header of each file · `dataCapacity` for the data of its tensors, in bytes
 */
export function createShardWriter(headerCapacity: number, dataCapacity: number): ShardWriter {
  // The header is known last: it is put right in front of the data, wherever it then has to begin.
  const memory = new Uint8Array(headerCapacity + dataCapacity);
  let tensors: StoredTensor[] = [];
  let dataEnd = headerCapacity;
  return {
    add(tensor) {
      const begin = dataEnd;
      dataEnd += tensorBytes(tensor);
      assert(dataEnd <= memory.length, `${tensor.name} has no room: ${dataEnd} of ${memory.length} bytes`);
      tensors.push(tensor);
      return memory.subarray(begin, dataEnd);
    },
    remove(count) {
      for (const tensor of tensors.splice(tensors.length - count)) dataEnd -= tensorBytes(tensor);
    },
    finish() {
      const header = encodeHeader(tensors);
      assert(header.length <= headerCapacity, `a header of ${header.length} bytes, ${headerCapacity} expected`);
      memory.set(header, headerCapacity - header.length);
      const content = memory.subarray(headerCapacity - header.length, dataEnd);
      const finished = { content, tensorBytes: dataEnd - headerCapacity };
      tensors = [];
      dataEnd = headerCapacity;
      return finished;
    },
  };
}

/** Length (u64) and JSON, filled up with spaces so that the data begins at a multiple of 8 bytes. */
function encodeHeader(tensors: readonly StoredTensor[]): Uint8Array {
  let end = 0;
  const entries = tensors.map((tensor) => {
    const begin = end;
    end += tensorBytes(tensor);
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }] as const;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}
