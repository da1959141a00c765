import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats, readWords } from "../../src/gpu/tensor.ts";
import { sortScratchLength, tokenSort } from "../../src/kernels/token-sort.ts";
import { createTokenStep } from "../../src/kernels/token-step.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/token-sort.ts";

type Options = Parameters<typeof reference.tokenSort>[2];

/** Scores with many exact ties, sizes 1…4, owners of 3 patches a token. */
function makeCase(frames: number, tokens: number, seed: number) {
  const rows = Math.ceil(tokens / 2);
  const columns = Math.max(1, Math.floor(tokens / 2));
  const pick = (length: number, kinds: number, salt: number) =>
    Uint32Array.from(randomFloats(length, seed + salt), (value) => Math.floor(((value + 1) / 2) * kinds));
  return {
    best: Float32Array.from(pick(frames * rows, 5, 1), (value) => value / 8 - 0.25),
    nearest: pick(frames * rows, columns, 2),
    sizes: Float32Array.from(pick(frames * tokens, 4, 3), (value) => value + 1),
    owners: pick(frames * tokens * 3, tokens, 4),
  };
}

async function check(frames: number, tokens: number, options: Options, last: { first: boolean; drop: boolean }) {
  const gpu = await testGpu();
  const { removed, protectFirst } = options;
  const left = tokens - removed;
  const rows = Math.ceil(tokens / 2);
  const patches = last.first ? tokens : tokens * 3;
  const given = makeCase(frames, tokens, tokens + removed);
  if (protectFirst) for (let frame = 0; frame < frames; frame++) given.best[frame * rows] = -3e38;
  const io = {
    best: createTensor(gpu, "best", [frames, rows], "f32", given.best),
    nearest: createTensor(gpu, "nearest", [frames, rows], "u32", given.nearest),
    sizeIn: createTensor(gpu, "size-in", [frames, tokens], "f32", given.sizes),
    sizeOut: createTensor(gpu, "size-out", [frames, left], "f32"),
    kept: createTensor(gpu, "kept", [frames, left], "u32"),
    next: createTensor(gpu, "next", [frames, tokens], "u32"),
    owners: createTensor(gpu, "owners", [frames, patches], "u32", given.owners.subarray(0, frames * patches)),
    scratch: createTensor(gpu, "scratch", [frames, sortScratchLength(tokens)], "u32"),
  };
  const step = createTokenStep(gpu, "step", { ...options, ...last, tokens });
  runDispatches(gpu, [tokenSort(gpu, io, step, { frames, patches })], { rows: frames });
  const sizes = await readFloats(gpu, io.sizeOut);
  const kept = await readWords(gpu, io.kept);
  const next = await readWords(gpu, io.next);
  const owners = await readWords(gpu, io.owners);
  for (const each of [...Object.values(io), step]) each.destroy();

  for (let frame = 0; frame < frames; frame++) {
    const slice = <A extends Float32Array | Uint32Array>(array: A, width: number) =>
      Array.from(array.subarray(frame * width, (frame + 1) * width));
    const sizesIn = slice(given.sizes, tokens);
    const match = { best: slice(given.best, rows), nearest: slice(given.nearest, rows) };
    const expected = reference.tokenSort(match, sizesIn, options);
    expect(slice(sizes, left)).toEqual(expected.sizes);
    expect(slice(kept, left).map((first) => follow(slice(next, tokens), first))).toEqual(
      expected.members.map(([first = 0, ...others]) => [first, ...others.sort((a, b) => a - b)]),
    );
    const moved = Array.from({ length: tokens }, (_, t) =>
      expected.members.findIndex((members) => members.includes(t)),
    );
    expect(slice(owners, patches)).toEqual(
      Array.from({ length: patches }, (_, n) => {
        const token = moved[last.first ? n : (given.owners[frame * patches + n] as number)] as number;
        if (!last.drop) return token;
        return token === 0 ? 0xffff : token - 1;
      }),
    );
    expect(sizes.subarray(frame * left, (frame + 1) * left).reduce((sum, size) => sum + size, 0)).toBe(
      sizesIn.reduce((sum, size) => sum + size, 0),
    );
  }
}

/** The members of a new token, from the first along the chain. */
function follow(next: readonly number[], first: number): number[] {
  const members = [first];
  for (let t = next[first] as number; t !== 0xffffffff; t = next[t] as number) members.push(t);
  return members;
}

it.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [1, 5],
  [3, 64],
  [2, 129],
  [1, 577],
  [1, 1024],
])("sorts %i frames of %i tokens in every order", async (frames, tokens) => {
  for (const protectFirst of [false, true]) {
    const most = Math.floor((tokens - Number(protectFirst)) / 2);
    for (const removed of new Set([0, Math.floor(most / 3), most])) {
      for (const order of ["ascending", "descending", "none"] as const) {
        const last = { first: order === "none", drop: order === "descending" };
        await check(frames, tokens, { removed, order, protectFirst }, last);
      }
    }
  }
});
