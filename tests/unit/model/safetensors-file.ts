/** A safetensors file with any header: an object to be written as JSON, or text as it stands. */
export function safetensorsFile(header: object | string, data: ArrayLike<number>): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header.padEnd(2) : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}
