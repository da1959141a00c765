import { describe, expect, test } from "vitest";
import { AuroraError } from "../../../src/errors.ts";
import { joinRowSlices } from "../../../src/model/row-slices.ts";
import type { HostTensor } from "../../../src/model/tensors.ts";
import { floatTensor, tensorMap } from "./tensor-map.ts";

/** Rows of two elements that count up from `first`. */
function rows(first: number, count: number): HostTensor {
  return floatTensor(
    [count, 2],
    Float32Array.from({ length: 2 * count }, (_, i) => 2 * first + i),
  );
}

describe("tensors stored in slices of rows", () => {
  const source = tensorMap(
    new Map([
      ["a@12", rows(12, 3)], // a text sort would put 12 before 5
      ["b", rows(0, 4)],
      ["a@0", rows(0, 5)],
      ["a@5", rows(5, 7)],
    ]),
  );
  const joined = joinRowSlices(source);

  test("are seen whole", () => {
    expect([...joined.names].sort()).toEqual(["a", "b"]);
    expect(joined.info("a")).toMatchObject({ shape: [15, 2], dtype: "F32" });
    expect(joined.info("b")).toMatchObject({ shape: [4, 2], dtype: "F32" });
    expect(joined.info("a@5")).toBeNull();
    expect(joined.info("c")).toBeNull();
  });

  test("are read whole and by any rows", async () => {
    expect(await joined.read("a")).toEqual(rows(0, 15));
    expect(await joined.read("b", [1, 3])).toEqual(rows(1, 2));
    for (let first = 0; first <= 15; first++) {
      for (let end = first; end <= 15; end++)
        expect(await joined.read("a", [first, end])).toEqual(rows(first, end - first));
    }
  });

  test("are read no further than asked", async () => {
    source.reads.length = 0;
    await joined.read("a", [4, 6]);
    expect(source.reads).toEqual([
      ["a@0", [4, 5]],
      ["a@5", [0, 1]],
    ]);
  });

  const broken: [string, [string, HostTensor][]][] = [
    ["do not begin at the first row", [["a@1", rows(1, 2)]]],
    [
      "leave rows out",
      [
        ["a@0", rows(0, 2)],
        ["a@3", rows(3, 2)],
      ],
    ],
    [
      "overlap",
      [
        ["a@0", rows(0, 2)],
        ["a@1", rows(1, 2)],
      ],
    ],
    [
      "are empty",
      [
        ["a@0", rows(0, 0)],
        ["a@00", rows(0, 2)],
      ],
    ],
    [
      "differ in width",
      [
        ["a@0", rows(0, 2)],
        ["a@2", floatTensor([1, 3], new Float32Array(3))],
      ],
    ],
    [
      "differ in type",
      [
        ["a@0", rows(0, 2)],
        ["a@2", { ...rows(2, 1), dtype: "F16" }],
      ],
    ],
    [
      "stand beside the whole",
      [
        ["a@0", rows(0, 2)],
        ["a", rows(0, 2)],
      ],
    ],
  ];
  test.each(broken)("are damaged when they %s", (_, tensors) => {
    expect(() => joinRowSlices(tensorMap(new Map(tensors)))).toThrow(AuroraError);
    expect(() => joinRowSlices(tensorMap(new Map(tensors)))).toThrow(/are damaged/);
  });
});
