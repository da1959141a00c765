import { expect, test } from "vitest";
import { apportion } from "../../../src/video/file-list.ts";

test.each([
  [10, [1, 1], [5, 5]],
  [3, [1, 1], [2, 1]],
  [7, [10, 5, 1], [4, 2, 1]],
  [1, [1, 3], [0, 1]],
  [100, [1 / 3, 1 / 3, 1 / 3], [34, 33, 33]],
])("%d frames over lengths %o are %o", (count, lengths, shares) => {
  expect(apportion(count, lengths)).toEqual(shares);
});
