import { expect, it } from "vitest";
import type { Shelf } from "../../../../src/ui/models/candidate.ts";
import { diskOutlook } from "../../../../src/ui/models/disk-outlook.ts";

const usage: Shelf["usage"] = {
  modelBytes: 0,
  partialBytes: 0,
  spillBytes: 0,
  freeBytes: 1_000_000,
  persisted: false,
  place: "disk",
  memoryBytes: 50_000_000,
};

it.each([
  ["room enough", 1_000_000, 1_000_000, {}, true, /^Needs 1\.0 MB of disk while it loads, 1\.0 MB are free\.$/],
  ["a browser that does not tell", 9e12, null, {}, true, /^Needs .* of disk while it loads\.$/],
  ["room once models go", 4e6, 1e6, { modelBytes: 3e6 }, false, /Delete something below/],
  ["room once parts of downloads go", 4e6, 1e6, { partialBytes: 3e6 }, false, /Delete something below/],
  ["nothing to delete, but memory", 4e6, 1e6, {}, true, /held in memory, and is gone with the page/],
  ["too little to delete, but memory", 4e6, 1e6, { modelBytes: 1e6 }, true, /held in memory/],
  ["nothing to delete and too large for memory", 60e6, 1e6, {}, false, /Free some of the disk/],
  ["a private window", 4e6, 11e9, { place: "memory" }, true, /^Needs 4\.0 MB of memory .* stores nothing\.$/],
  ["a private window and too large", 60e6, 11e9, { place: "memory" }, false, /Use a normal window/],
] as const)("says what loading meets: %s", (_, needed, free, change, possible, sentence) => {
  const outlook = diskOutlook(needed, free, { ...usage, ...change });
  expect(outlook.sentence).toMatch(sentence);
  expect(outlook.possible).toBe(possible);
});
