import { expect, test, vi } from "vitest";
import { readIsoIndex } from "../../../src/video/iso-index.ts";
import { box } from "../../iso-box.ts";
import { emptyMoov } from "./boxes.ts";
import { find, media } from "./media.ts";

const ftyp = box("ftyp", "isom", 0);
const blob = (...parts: Uint8Array[]) => new Blob(parts as Uint8Array<ArrayBuffer>[]);

/** A run of samples of these sizes: with their place, counted from the fragment's first byte, or behind the run before. */
const run = (sizes: number[], offset?: number) =>
  offset === undefined
    ? box("trun", 0x200, sizes.length, ...sizes)
    : box("trun", 0x201, sizes.length, offset, ...sizes);

test("each of a fragment's runs lies where it says, or behind the one before", async () => {
  const moov = await emptyMoov();
  const runs = [run([3, 4], 500), run([5]), run([6, 7], 900)];
  const tracks = [
    box("traf", box("tfhd", 0x20000, 1), box("tfdt", 0, 20), ...runs),
    // Without a base in the header, what a track tells counts from where the data of the one before ended.
    box("traf", box("tfhd", 0, 2), run([100], 2000)),
    box("traf", box("tfhd", 0, 1), run([8])),
  ];
  const file = blob(ftyp, moov, box("moof", ...tracks), box("mdat", new Uint8Array(3100)));
  const index = await readIsoIndex(file);
  const start = ftyp.length + moov.length;
  expect([...(index.offset ?? [])].map((offset) => offset - start)).toEqual([
    500,
    503,
    507,
    900,
    906,
    913 + 2000 + 100,
  ]);
  expect([...index.size]).toEqual([3, 4, 5, 6, 7, 8]);
  expect([...index.pts]).toEqual([2e6, 2.1e6, 2.2e6, 2.3e6, 2.4e6, 2.5e6]);
});

test("ten thousand fragments are read with a few reads", async () => {
  const moov = await emptyMoov();
  const fragments = Array.from({ length: 10_000 }, (_, i) => {
    const moof = box("moof", box("traf", box("tfhd", 0x20000, 1), box("tfdt", 0, i), run([4], 72)));
    return Uint8Array.from([...moof, ...box("mdat", 7)]);
  });
  const file = blob(ftyp, moov, ...fragments);
  const slices = vi.spyOn(Blob.prototype, "slice");
  const told: number[] = [];
  const index = await readIsoIndex(file, undefined, (part) => told.push(part));
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
  expect(index.pts).toHaveLength(10_000);
  expect(index.pts[9999]).toBe(999.9e6);
  expect(slices.mock.calls.length).toBeLessThan(12);
  slices.mockRestore();
});

test("opening ends when it is told to, among many fragments", async () => {
  const moov = await emptyMoov();
  const moof = box("moof", box("traf", box("tfhd", 0x20000, 1), run([4], 72)));
  const file = blob(ftyp, moov, ...Array<Uint8Array>(3000).fill(Uint8Array.from([...moof, ...box("mdat", 7)])));
  const stop = new AbortController();
  const reading = readIsoIndex(file, stop.signal);
  stop.abort();
  await expect(reading).rejects.toThrow("abort");
});

/** Boxes that parsers are known to loop over, though no index needs them. */
const boxes = ["sgpd", "sbgp", "saiz", "saio", "subs", "senc", "sdtp", "cslg", "uuid"];

test.each(boxes)("a %s box of more entries than it holds is passed over", async (type) => {
  const huge = box(type, 0, 0xffffffff, 0xffffffff, 0xffffffff);
  const moof = box("moof", huge, box("traf", box("tfhd", 0x20000, 1), huge, run([4], 72)));
  const index = await readIsoIndex(blob(ftyp, await emptyMoov(huge), moof, box("mdat", new Uint8Array(99))));
  expect(index.pts).toHaveLength(1);
});

test.each([
  ["of sizes", 0x200, 0],
  ["without entries", 0, 4],
  ["without entries or sizes", 0, 0],
])("a run %s that tells of more samples than there are bytes ends what is read", async (_, flags, size) => {
  const good = box("moof", box("traf", box("tfhd", 0x20000, 1), run([4], 72)));
  const header = box("tfhd", 0x20010, 1, size);
  const bad = box("moof", box("traf", header, box("trun", flags, 0xffffffff)));
  const index = await readIsoIndex(blob(ftyp, await emptyMoov(), good, box("mdat", 0), bad, box("mdat", 0)));
  expect(index.pts).toHaveLength(1);
});

test.each(["stsz", "stco", "stsc", "stss", "stts", "ctts"])(
  "a %s table of more entries than it holds",
  async (type) => {
    const file = await media("h264-index-last.mp4");
    const bytes = new Uint8Array(await file.arrayBuffer());
    const at = (await find(file, type)) + (type === "stsz" ? 12 : 8);
    new DataView(bytes.buffer).setUint32(at, 0xfffffff0);
    await expect(readIsoIndex(new Blob([bytes]))).rejects.toThrow("add up");
  },
);

test.each([
  ["as it is", [1, 0, 0, 1], 0, false],
  ["mirrored left to right", [-1, 0, 0, 1], 0, true],
  ["mirrored top to bottom", [1, 0, 0, -1], 180, true],
  ["turned clockwise", [0, 1, -1, 0], 90, false],
  ["mirrored along the diagonal", [0, 1, 1, 0], 90, true],
  ["mirrored along the other diagonal", [0, -1, -1, 0], 270, true],
] as const)("a picture %s", async (_, [a, b, c, d], rotation, mirrored) => {
  const file = await media("h264-index-last.mp4");
  const view = new DataView(await file.arrayBuffer());
  const matrix = (await find(file, "tkhd")) + 4 + 40;
  for (const [entry, value] of [
    [0, a],
    [4, b],
    [12, c],
    [16, d],
  ] as const)
    view.setInt32(matrix + entry, value << 16);
  expect(await readIsoIndex(new Blob([view]))).toMatchObject({ rotation, mirrored });
});

test("an edit list of several parts shows them one after another", async () => {
  // Ten units a second: 1 s to 2 s, half a second of nothing, then 0 s to 0.5 s.
  const elst = box("edts", box("elst", 0, 3, 10, 10, 1 << 16, 5, 0xffffffff, 1 << 16, 5, 0, 1 << 16));
  const moof = box("moof", box("traf", box("tfhd", 0x20000, 1), run(Array<number>(30).fill(1), 300)));
  const index = await readIsoIndex(blob(ftyp, await emptyMoov(elst), moof, box("mdat", new Uint8Array(400))));
  expect(index.segments).toEqual([
    { from: 0, to: 1e6, at: 0 },
    { from: -1e6, to: -0.5e6, at: 1.5e6 },
  ]);
  expect(index.pts[0]).toBe(-1e6);
});
