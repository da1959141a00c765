/** A tensor with its name, row-major: f32, or bytes as u8. */
export type NamedTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
};

/**
 * The bytes of a safetensors file: header length (u64), JSON header, data. The f32 tensors come first, so that they lie
 * aligned.
 *
 * @param metadata texts by name, the header's `__metadata__`
 */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> | null = null,
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort((a, b) => Number(isBytes(a)) - Number(isBytes(b)));
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let end = 0;
  for (const tensor of ordered) {
    const { name, shape, data } = tensor;
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: isBytes(tensor) ? "U8" : "F32", shape, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8; // data starts aligned
  const file = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(json, 8);
  let at = 8 + headerLength;
  for (const { data } of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function isBytes({ data }: NamedTensor): boolean {
  return data instanceof Uint8Array;
}
