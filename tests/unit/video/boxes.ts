import { find, media } from "./media.ts";

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

/** The sample description of a small H.264 clip. */
async function description(): Promise<Uint8Array> {
  const file = await media("h264-index-last.mp4");
  const at = (await find(file, "stsd")) - 4;
  const view = new DataView(await file.arrayBuffer());
  return new Uint8Array(view.buffer, at, view.getUint32(at));
}

/** A `moov` of one video track, with 10 units of time in a second, and no samples of its own. */
export async function emptyMoov(...more: readonly Uint8Array[]): Promise<Uint8Array> {
  const none = ["stts", "stsc", "stco"].map((type) => box(type, 0, 0));
  const stbl = box("stbl", await description(), ...none, box("stsz", 0, 0, 0));
  const mdia = box("mdia", box("mdhd", 0, 0, 0, 10, 0, 0), box("hdlr", 0, 0, "vide", 0, 0, 0), box("minf", stbl));
  const tkhd = box(
    "tkhd",
    3,
    0,
    0,
    1,
    0,
    0,
    ...Array<number>(4).fill(0),
    ...[1, 0, 0, 0, 1].map((n) => n << 16),
    0,
    0,
    0,
    0,
    0,
    0,
  );
  const mvex = box("mvex", box("trex", 0, 1, 1, 1, 0, 0));
  return box("moov", box("mvhd", 0, 0, 0, 10, 0), box("trak", tkhd, ...more, mdia), mvex);
}
