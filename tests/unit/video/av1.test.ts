import { expect, test } from "vitest";
import { matroskaSequenceHeader } from "../../../src/video/av1.ts";

test("Matroska's sequence header is found beside its codec's name", () => {
  const name = new TextEncoder().encode("V_AV1");
  const record = [0x81, 0x00, 0x0c, 0x00, 0x0a, 0x02, 0x07, 0x08];
  const entry = [0xae, 0x90, 0x86, 0x85, ...name, 0x63, 0xa2, 0x80 | record.length, ...record];
  expect(matroskaSequenceHeader(Uint8Array.from([0x1a, 0x45, ...entry, 0, 0]))).toEqual(
    Uint8Array.from([0x0a, 0x02, 0x07, 0x08]),
  );
  expect(matroskaSequenceHeader(Uint8Array.from([0x1a, 0x45, ...entry.slice(0, 9)]))).toBeNull();
  expect(matroskaSequenceHeader(Uint8Array.from(entry.map((byte) => (byte === 0x56 ? 0x57 : byte))))).toBeNull();
});
