import { afterEach, expect, test } from "vitest";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { readIsoIndex } from "../../../src/video/iso-index.ts";
import { media, watch } from "./media.ts";

afterEach(() => {
  expect(openVideoFrameCount()).toBe(0);
});

const tenths = Array.from({ length: 30 }, (_, i) => i);

test("VP9 of a recorder that knows no level is watched", async () => {
  const { video, numbers, losses } = await watch(await media("vp9-no-level.mp4"), { fps: 10 });
  expect(video.info.codec).toBe("vp09.00.10.08");
  expect({ numbers, losses }).toEqual({ numbers: tenths, losses: [] });
});

test("AV1 whose key packets have their sequence header in the sample entry alone is watched", async () => {
  const file = await media("av1.mp4");
  const index = await readIsoIndex(file);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const keys = [...index.key.keys()].filter((i) => index.key[i] === 1);
  expect(keys).toEqual([0, 10, 20]);
  // The header's unit becomes one of padding, which says nothing.
  for (const key of keys.slice(1)) {
    const at = index.offset?.[key] as number;
    expect(bytes[at]).toBe(0x0a);
    bytes[at] = 0x7a;
  }
  for (const fps of [1, 2, 10]) {
    const { numbers, losses } = await watch(new Blob([bytes]), { fps });
    expect({ numbers, losses }).toEqual({ numbers: tenths.filter((i) => i % (10 / fps) === 0), losses: [] });
  }
});
