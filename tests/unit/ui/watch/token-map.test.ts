import { expect, test } from "vitest";
import { droppedToken } from "../../../../src/session/types.ts";
import { mapTokens } from "../../../../src/ui/watch/token-map.ts";

test("patches of one token are one region, and borders run only between tokens", () => {
  // 0 0
  // 1 0
  const map = mapTokens(Uint16Array.of(0, 0, 1, 0));
  expect(map.columns).toBe(2);
  expect(map.patches).toBe(4);
  expect(map.largest).toBe(3);
  expect(map.dropped).toBeNull();
  expect(map.regions).toEqual([
    { token: 0, size: 3, path: "M0 0h1v1h-1zM1 0h1v1h-1zM1 1h1v1h-1z" },
    { token: 1, size: 1, path: "M0 1h1v1h-1z" },
  ]);
  expect(map.borders).toBe("M0 1h1M1 1v1");
});

test("dropped patches are no region", () => {
  const map = mapTokens(Uint16Array.of(droppedToken, 0, 1, 2));
  expect(map.regions.map((region) => region.token)).toEqual([0, 1, 2]);
  expect(map.dropped).toBe("M0 0h1v1h-1z");
});

test("every patch is drawn once", () => {
  const owners = Uint16Array.from({ length: 576 }, (_, patch) => (patch * 7) % 93);
  const map = mapTokens(owners);
  expect(map.regions.length).toBe(93);
  expect(map.regions.reduce((sum, region) => sum + region.size, 0)).toBe(576);
  const squares = map.regions.flatMap((region) => region.path.match(/M\d+ \d+/g) ?? []);
  expect(new Set(squares).size).toBe(576);
});
