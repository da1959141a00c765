import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { tokenMerge } from "../../src/kernels/token-merge.ts";
import { createTokenStep } from "../../src/kernels/token-step.ts";
import { expectClose, randomFloats, relativeError } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/token-merge.ts";
import { tokenSort } from "../reference/token-sort.ts";

it.each([
  [1, 1, 0, 3],
  [1, 2, 1, 4],
  [3, 3, 1, 5],
  [2, 5, 2, 1],
  [3, 64, 18, 33],
  [1, 577, 21, 16],
  [1, 64, 32, 128],
])("merges %i frames of %i tokens less %i, width %i", async (frames, tokens, removed, width) => {
  const gpu = await testGpu();
  const left = tokens - removed;
  const rows = Math.ceil(tokens / 2);
  const x = randomFloats(frames * tokens * width, 1);
  const sizes = Array.from(randomFloats(frames * tokens, 2), (value) => Math.round(value * 3) + 4);
  const columns = Math.max(1, tokens >> 1);
  const nearest = Array.from(randomFloats(frames * rows, 3), (value) => Math.floor((value + 1) * 0.5 * columns));
  const best = Array.from(randomFloats(frames * rows, 4));
  const merges = Array.from({ length: frames }, (_, frame) => {
    const of = (array: readonly number[], length: number) => array.slice(frame * length, (frame + 1) * length);
    const match = { best: of(best, rows), nearest: of(nearest, rows) };
    return tokenSort(match, of(sizes, tokens), { removed, order: "ascending", protectFirst: false });
  });
  const kept = merges.flatMap((merge) => merge.members.map((members) => members[0] as number));
  const next = merges.flatMap((merge) => chain(merge.members, tokens));
  const io = {
    x: createTensor(gpu, "x", [frames, tokens, width], "f32", x),
    size: createTensor(gpu, "size", [frames, tokens], "f32", Float32Array.from(sizes)),
    kept: createTensor(gpu, "kept", [frames, left], "u32", Uint32Array.from(kept)),
    next: createTensor(gpu, "next", [frames, tokens], "u32", Uint32Array.from(next)),
    y: createTensor(gpu, "y", [frames, left, width], "f32"),
  };
  const flags = { order: "none", protectFirst: false, first: true, drop: false } as const;
  const step = createTokenStep(gpu, "step", { ...flags, tokens, removed });
  runDispatches(gpu, [tokenMerge(gpu, io, step, { frames, width })], { rows: frames });
  const y = await readFloats(gpu, io.y);
  for (const each of [...Object.values(io), step]) each.destroy();

  merges.forEach((merge, frame) => {
    const before = x.subarray(frame * tokens * width, (frame + 1) * tokens * width);
    const sizesIn = sizes.slice(frame * tokens, (frame + 1) * tokens);
    const after = y.subarray(frame * left * width, (frame + 1) * left * width);
    expectClose(after, reference.tokenMerge(before, sizesIn, merge), 1e-6);
    expect(relativeError(weightedSum(after, merge.sizes), weightedSum(before, sizesIn))).toBeLessThan(1e-4);
  });
});

/** For each token of a frame the next one of the same new token. */
function chain(members: readonly (readonly number[])[], tokens: number): number[] {
  const next = new Array<number>(tokens).fill(0xffffffff);
  for (const list of members) for (let i = 1; i < list.length; i++) next[list[i - 1] as number] = list[i] as number;
  return next;
}

/** Σ size · x over a frame's tokens, which a merge leaves as it is. */
function weightedSum(x: Float32Array, sizes: readonly number[]): number[] {
  const width = x.length / sizes.length;
  return Array.from({ length: width }, (_, c) =>
    sizes.reduce((sum, size, token) => sum + size * (x[token * width + c] as number), 0),
  );
}
