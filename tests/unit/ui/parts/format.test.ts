import { expect, test } from "vitest";
import {
  formatBytes,
  formatClock,
  formatCodec,
  formatDate,
  formatDuration,
  formatMoment,
  formatParameters,
  formatRate,
  formatWait,
} from "../../../../src/ui/parts/format.ts";

test("bytes in the unit that leaves few digits", () => {
  expect([0, 999, 1000, 253_440, 999_499, 999_600, 8_594_280, 12_976_128].map(formatBytes)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.0 KB",
    "253 KB",
    "999 KB",
    "1.0 MB",
    "8.6 MB",
    "13 MB",
  ]);
});

test("clock positions show hours and tenths only where there are some", () => {
  expect([0, 0.5, 4, 59.96, 754, 3723.25].map(formatClock)).toEqual([
    "0:00",
    "0:00.5",
    "0:04",
    "1:00",
    "12:34",
    "1:02:03.3",
  ]);
});

test("durations carry into the next unit", () => {
  expect([0.2, 4, 59.6, 200, 3599.7, 3840].map(formatDuration)).toEqual([
    "0 s",
    "4 s",
    "1 min",
    "3 min 20 s",
    "1 h",
    "1 h 4 min",
  ]);
});

test("rates keep a decimal while it matters", () => {
  expect([0.44, 9.94, 9.96, 1234].map(formatRate)).toEqual(["0.4", "9.9", "10", "1,234"]);
});

test("waits and codecs read like speech", () => {
  expect([84.4, 999.4, 1051].map(formatWait)).toEqual(["84 ms", "999 ms", "1.1 s"]);
  expect(["avc1.640015", "hvc1.1.6.L93", "vp09.00.10.08", "av01.0.04M.08", "theora"].map(formatCodec)).toEqual([
    "H.264",
    "HEVC",
    "VP9",
    "AV1",
    "theora",
  ]);
});

test("a model's size and a day", () => {
  expect([4_297_140, 450_800_000, 999_600_000, 1_920_000_000].map(formatParameters)).toEqual([
    "4.3 M",
    "451 M",
    "1.0 B",
    "1.9 B",
  ]);
  expect(formatDate(new Date(2026, 10, 23, 12).getTime())).toBe("Nov 23, 2026");
  expect(formatMoment(new Date(2026, 10, 23, 8, 5).getTime())).toBe("Nov 23, 08:05");
});
