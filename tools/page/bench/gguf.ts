/** A tensor of a GGUF file: its sizes, the fastest first, and its values, bits of f16 or f32. */
export type GgufTensor = {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly values: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
};

export type GgufValue =
  | string
  | readonly string[]
  | readonly number[]
  | { readonly u32: number }
  | { readonly f32: number };

/** Types of values and of tensors (ggml's `docs/gguf.md`). */
const valueType = { u32: 4, i32: 5, f32: 6, text: 8, array: 9 } as const;
const tensorType = { f32: 0, f16: 1 } as const;
const alignment = 32;

/** Writes a GGUF file, version 3. */
export function writeGguf(values: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Blob {
  const parts: BlobPart[] = [];
  let length = 0;
  const put = (bytes: Uint8Array<ArrayBuffer>) => {
    parts.push(bytes);
    length += bytes.byteLength;
  };
  const u32 = (value: number) => put(new Uint8Array(Uint32Array.of(value).buffer));
  const u64 = (value: number) => put(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  const f32 = (value: number) => put(new Uint8Array(Float32Array.of(value).buffer));
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.byteLength);
    put(bytes);
  };
  const value = (given: GgufValue) => {
    if (typeof given === "string") {
      u32(valueType.text);
      text(given);
    } else if ("u32" in given) {
      u32(valueType.u32);
      u32(given.u32);
    } else if ("f32" in given) {
      u32(valueType.f32);
      f32(given.f32);
    } else {
      u32(valueType.array);
      u32(typeof given[0] === "string" ? valueType.text : valueType.i32);
      u64(given.length);
      for (const each of given) typeof each === "string" ? text(each) : u32(each);
    }
  };
  const pad = () => put(new Uint8Array((alignment - (length % alignment)) % alignment));

  put(new TextEncoder().encode("GGUF"));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(values).length);
  for (const [key, given] of Object.entries(values)) {
    text(key);
    value(given);
  }
  let offset = 0;
  for (const { name, sizes, values: data } of tensors) {
    text(name);
    u32(sizes.length);
    for (const size of sizes) u64(size);
    u32(data instanceof Uint16Array ? tensorType.f16 : tensorType.f32);
    u64(offset);
    offset += Math.ceil(data.byteLength / alignment) * alignment;
  }
  for (const { values: data } of tensors) {
    pad();
    put(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return new Blob(parts);
}
