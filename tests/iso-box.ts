/** A box of ISO-BMFF: numbers are 32-bit fields, texts their characters. */
export function box(type: string, ...content: readonly (number | string | Uint8Array)[]): Uint8Array {
  const parts = content.map((part) => {
    if (typeof part === "string") return new TextEncoder().encode(part);
    if (typeof part !== "number") return part;
    const field = new Uint8Array(4);
    new DataView(field.buffer).setUint32(0, part);
    return field;
  });
  const length = parts.reduce((sum, part) => sum + part.length, 8);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, length);
  head.set(new TextEncoder().encode(type), 4);
  return Uint8Array.from([...head, ...parts.flatMap((part) => [...part])]);
}
