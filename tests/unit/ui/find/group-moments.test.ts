import { expect, it } from "vitest";
import type { Moment } from "../../../../src/session/types.ts";
import { groupMoments } from "../../../../src/ui/find/group-moments.ts";

function moment(kind: Moment["kind"], seconds: number, score: number): Moment {
  return { kind, seconds, until: seconds + 1, score, text: kind === "seen" ? "" : `${seconds}`, thumbnail: null };
}

it("of pictures around the same time the best one is shown, and no more than a dozen", () => {
  const all = Array.from({ length: 200 }, (_, i) => moment("seen", i, ((i * 37) % 200) / 200));
  const shown = groupMoments(all.sort((a, b) => b.score - a.score));
  expect(shown).toHaveLength(12);
  expect(shown[0]?.score).toBe(199 / 200);
  for (const one of shown)
    for (const other of shown)
      if (one !== other) expect(Math.abs(one.seconds - other.seconds)).toBeGreaterThanOrEqual(8);
});

it("what was said around the same time is one moment, and words stand among pictures by their score", () => {
  const found = [moment("said", 10, 1), moment("seen", 11, 0.7), moment("said", 14, 0.6), moment("noted", 12, 0.5)];
  expect(groupMoments(found).map(({ kind, seconds, text }) => [kind, seconds, text])).toEqual([
    ["said", 10, "10 14"],
    ["seen", 11, ""],
    ["noted", 12, "12"],
  ]);
});
