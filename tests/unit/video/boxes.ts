import { box } from "../../iso-box.ts";
import { find, media } from "./media.ts";

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
