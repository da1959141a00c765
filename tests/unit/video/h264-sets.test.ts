import { expect, test } from "vitest";
import { packetWithDepth, reorderDepth, withDepth } from "../../../src/video/h264-sets.ts";
import { withReorderDepth } from "../../../src/video/h264-sps.ts";
import type { PacketFormat } from "../../../src/video/packet-index.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array | null) => Buffer.from(data ?? []).toString("hex");

// What comes out was read back with ffmpeg's trace_headers: max_num_reorder_frames and max_dec_frame_buffering.
const bare = "6764000aace41899";
const bareWith1 = "6764000aace4189a01e1108a24"; // 1 and 3, of which the set's three reference frames
const bareWith4 = "6764000aace4189a01e110894b"; // 4 and 4
const told2 = "6764000aacd94626c044000003000400000300503c489658"; // by x264: 2 and 4
const told5 = "6764000aacd94626c044000003000400000300503c221131a0"; // 5 and 5

test.each([
  ["without a VUI", bare, 1, bareWith1],
  ["without a VUI, deeper than its references", bare, 4, bareWith4],
  ["that says enough", told2, 2, told2],
  ["that says less", told2, 5, told5],
  ["that is cut off", bare.slice(0, 12), 2, bare.slice(0, 12)],
])("a parameter set %s", (_, before, depth, after) => {
  expect(hex(withReorderDepth(bytes(before), depth))).toBe(after);
});

test("the depth is how many packets come before one that is shown earlier", () => {
  const depth = (...pts: number[]) => reorderDepth(Float64Array.from(pts));
  expect(depth(0, 1, 2, 3)).toBe(0);
  expect(depth(0, 2, 1, 4, 3)).toBe(1);
  expect(depth(0, 4, 2, 1, 3, 8, 6, 5, 7)).toBe(2);
  expect(depth(...Array.from({ length: 40 }, (_, i) => 40 - i))).toBe(16);
});

const avc = (record: string | null): PacketFormat => ({
  codec: "avc1.64000a",
  sampleEntry: "avc1",
  description: record === null ? null : bytes(record),
  codedWidth: 96,
  codedHeight: 64,
  pixelAspect: 1,
  colorSpace: null,
});
const record = (sps: string) => `0164000affe1${length16(sps)}${sps}01000368ebe3fdf8f800`;
const length16 = (set: string) => (set.length / 2).toString(16).padStart(4, "0");

test("a record's sets, and those of packets, are told the depth", () => {
  expect(hex(withDepth(avc(record(bare)), 1).description)).toBe(record(bareWith1));
  const format = avc(record(told2));
  expect(hex(withDepth(format, 2).description)).toBe(record(told2));
  expect(withDepth(format, 0)).toBe(format);
  const lengths = `00000008${bare}0000000268ce000000026588`;
  expect(hex(packetWithDepth(bytes(lengths), avc(record(bare)), 1))).toBe(
    `0000000d${bareWith1}0000000268ce000000026588`,
  );
  const codes = `0000000109f000000001${bare}00000168ce0000016588`;
  const patched = hex(packetWithDepth(bytes(codes), avc(null), 1));
  expect(patched).toBe(`0000000109f000000001${bareWith1}00000168ce0000016588`);
});
