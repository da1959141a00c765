import type { Box, VisualSampleEntry } from "mp4box";
import { assert } from "../errors.ts";
import type { PacketFormat } from "./packet-index.ts";

/**
 * How packets are encoded by a sample entry of mp4box; `moov` holds the box's bytes, which began at `moovStart` in the file.
 */
export function toPacketFormat(entry: VisualSampleEntry, moov: DataView, moovStart: number): PacketFormat {
  const aspect = childOf(entry, "pasp") as { hSpacing?: number; vSpacing?: number } | undefined;
  const color = childOf(entry, "colr") as Record<string, number | string> | undefined;
  const record = entry.avcC ?? entry.hvcC;
  assert(record || !/^(avc|hvc|hev)/.test(entry.type), `${entry.type} without its decoder configuration`);
  const recordStart = record?.start === undefined ? 0 : record.start - moovStart + 8;
  return {
    codec: codecString(entry),
    sampleEntry: entry.type,
    description: record ? new Uint8Array(moov.buffer.slice(recordStart, recordStart + record.size - 8)) : null,
    codedWidth: entry.width,
    codedHeight: entry.height,
    pixelAspect: aspect?.hSpacing && aspect.vSpacing ? aspect.hSpacing / aspect.vSpacing : 1,
    colorSpace:
      color?.colour_type === "nclx"
        ? codedColorSpace(
            Number(color.colour_primaries),
            Number(color.transfer_characteristics),
            Number(color.matrix_coefficients),
            Number(color.full_range_flag) === 1,
          )
        : null,
  };
}

function childOf(entry: VisualSampleEntry, type: string): Box | undefined {
  return entry.boxes?.find((box) => box.type === type);
}

function codecString(entry: VisualSampleEntry): string {
  if (entry.type === "vp08") return "vp8";
  if (entry.type === "vp09" && !entry.vpcC) return "vp09.00.10.08";
  const known = /^(avc|hvc|hev|vp09|av01|vvc|vvi)/.test(entry.type);
  return known ? entry.getCodec() : "";
}

const primaries: Record<number, string> = { 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432" };
const transfers: Record<number, string> = {
  1: "bt709",
  6: "smpte170m",
  8: "linear",
  13: "iec61966-2-1",
  14: "bt709",
  15: "bt709",
  16: "pq",
  18: "hlg",
};
const matrices: Record<number, string> = { 0: "rgb", 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020-ncl" };

/** A colour space by its code points (ITU-T H.273); null where WebCodecs has no name for one of them. */
function codedColorSpace(
  primary: number,
  transfer: number,
  matrix: number,
  fullRange: boolean,
): VideoColorSpaceInit | null {
  const names = { primaries: primaries[primary], transfer: transfers[transfer], matrix: matrices[matrix] };
  return names.primaries && names.transfer && names.matrix ? ({ ...names, fullRange } as VideoColorSpaceInit) : null;
}
