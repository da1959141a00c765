import { expect, test } from "vitest";
import { withEntries, withEntry } from "../../../src/video/h264-entry.ts";
import type { PacketFormat, PacketSource } from "../../../src/video/packet-index.ts";

const format: PacketFormat = {
  ...{ codec: "avc1.64000a", sampleEntry: "avc1", description: null, codedWidth: 96, codedHeight: 64 },
  ...{ pixelAspect: 1, colorSpace: null },
};

const unit = (hex: string) => Uint8Array.from([0, 0, 1, ...Buffer.from(hex, "hex")]);
const packet = (...units: string[]) => Uint8Array.from(units.flatMap((hex) => [...unit(hex)]));

// Units written by x264 with intra-refresh=1 and with open-gop=1.
const [sps, pps] = ["6764000aacb4146d8088000003000800000300a0789135", "68ef0f2c8b"];
const [atOnce, inTwenty] = ["060601c480", "060602131080"];
const [intra, predicted, idr] = ["6188ed0043", "419b462bff", "6588845fd4"];

/** A source of these packets, none of which is marked but those of `keys`. */
function sourceOf(packets: readonly Uint8Array[], keys: readonly number[] = []): PacketSource {
  const column = () => new Float64Array(packets.length);
  const index = {
    ...({
      container: "MP4",
      rotation: 0,
      formats: [format],
      pts: column(),
      duration: column(),
      size: column(),
    } as const),
    ...{ key: new Uint8Array(packets.length), format: new Uint8Array(packets.length), offset: null },
    ...{ available: packets.length, presentationEnd: null, claimedDuration: null, truncated: false },
  };
  for (const at of keys) index.key[at] = 1;
  const read = async (first: number, last: number) => packets.slice(first, last + 1);
  return { index, createReader: () => ({ read }), close: () => undefined };
}

const keysOf = async (packets: readonly Uint8Array[], keys?: readonly number[]) => [
  ...(await withEntries(sourceOf(packets, keys), new AbortController().signal)).index.key,
];

test("before the first IDR picture, recovery points and pictures of I slices are where decoding can begin", async () => {
  const [p, point, i, start] = [packet(predicted), packet(sps, pps, atOnce, predicted), packet(intra), packet(idr)];
  expect(await keysOf([p, point, p, i, p])).toEqual([0, 1, 0, 1, 0]);
  expect(await keysOf([p, i, start, p, i], [2])).toEqual([0, 1, 1, 0, 0]);
  expect(await keysOf([start, p, i, p], [0])).toEqual([1, 0, 0, 0]);
});

test("of pictures that become right by and by the first is the only one to begin at", async () => {
  const [p, slow] = [packet(predicted), packet(sps, pps, inTwenty, predicted)];
  expect(await keysOf([p, slow, p, slow, p])).toEqual([0, 1, 0, 0, 0]);
  expect(await keysOf([slow, p, slow, p], [0, 2])).toEqual([1, 0, 0, 0]);
});

test("what Chromium asks for is added before the first slice, with start codes or lengths, and to no packet that has it", () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const whole = packet(sps, pps, atOnce, predicted);
  // ffmpeg's trace_headers reads a picture parameter set 255 with redundant_pic_cnt_present_flag, and an I slice of it with redundant_pic_cnt 1.
  const [ownPps, ownSlice] = ["6800804e3980", "658800800518"];
  expect(hex(withEntry(whole, format))).toBe(hex(packet(sps, pps, atOnce, ownPps, ownSlice, predicted)));
  const record = Uint8Array.of(1, 100, 0, 10, 0xff, 0xe1, 0, sps.length / 2, ...Buffer.from(sps, "hex"), 0);
  const withLengths = Uint8Array.of(0, 0, 0, 5, ...Buffer.from(predicted, "hex"));
  expect(hex(withEntry(withLengths, { ...format, description: record }))).toBe(
    `00000006${ownPps}00000006${ownSlice}${hex(withLengths)}`,
  );
  const start = packet(sps, pps, idr);
  expect(withEntry(start, format)).toBe(start);
  const noSets = packet(predicted);
  expect(withEntry(noSets, format)).toBe(noSets);
});
