import type { Gpu } from "../../src/gpu/device.ts";
import { createTensor } from "../../src/gpu/tensor.ts";
import { tokenMatch } from "../../src/kernels/token-match.ts";
import { tokenMerge } from "../../src/kernels/token-merge.ts";
import { sortScratchLength, tokenSort } from "../../src/kernels/token-sort.ts";
import { createTokenStep } from "../../src/kernels/token-step.ts";
import { type Figure, randomFloats } from "../page/bench/measure.ts";
import { gpuTimes } from "./clock.ts";

/** Tokens of a frame, those that one layer merges, the width of a token and of its key. */
const cases = [
  { tokens: 64, removed: 18, width: 128, key: 32 },
  { tokens: 576, removed: 21, width: 1024, key: 64 },
];

/** Frames at once. */
const frames = 8;

/** What the merging of one layer takes, for eight frames: matching, sorting, merging. */
export async function benchMerging(gpu: Gpu): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { tokens, removed, width, key } of cases) {
    const floats = (label: string, length: number, seed: number) =>
      createTensor(gpu, `bench.${label}`, [frames, length], "f32", randomFloats(frames * length, seed, 1));
    const words = (label: string, length: number) => createTensor(gpu, `bench.${label}`, [frames, length], "u32");
    const half = Math.ceil(tokens / 2);
    const sizes = new Float32Array(frames * tokens).fill(1);
    const io = {
      metric: floats("metric", tokens * key, 1),
      best: floats("best", half, 2),
      nearest: words("nearest", half),
      sizeIn: createTensor(gpu, "bench.size", [frames, tokens], "f32", sizes),
      sizeOut: floats("sizes", tokens, 3),
      kept: words("kept", tokens),
      next: words("next", tokens),
      owners: words("owners", tokens),
      scratch: words("scratch", sortScratchLength(tokens)),
      x: floats("x", tokens * width, 4),
      y: floats("y", tokens * width, 5),
    };
    const flags = { order: "ascending", protectFirst: false, first: true, drop: false } as const;
    const step = createTokenStep(gpu, "bench.step", { ...flags, tokens, removed });
    const dispatches = [
      tokenMatch(gpu, io, step, { frames, width: key }),
      tokenSort(gpu, io, step, { frames, patches: tokens }),
      tokenMerge(gpu, { ...io, size: io.sizeIn }, step, { frames, width }),
    ];
    const times = await gpuTimes(gpu, [dispatches, ...dispatches.map((each) => [each])], frames);
    for (const [i, name] of ["merging", "match", "sort", "merge"].entries()) {
      figures.push({
        id: `${name}-ms-${tokens}-tokens`,
        value: times[i] ?? Number.NaN,
        unit: "ms",
        note: `one layer, ${frames} frames at once, ${removed} of ${tokens} tokens merged, width ${width}`,
      });
    }
    for (const owner of [...Object.values(io), step]) owner.destroy();
  }
  return figures;
}
