import { expect, test } from "vitest";
import { createRandom } from "../../../tools/chaos/random.ts";

const draw = (seed: number) => {
  const random = createRandom(seed);
  return Array.from({ length: 200 }, () => random.below(10));
};

test("a seed gives the same chances again, another seed others", () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(8)).not.toEqual(draw(7));
  expect(new Set(draw(7)).size).toBe(10);
  expect(() => createRandom(1).one([])).toThrow("nothing to choose from");
});
