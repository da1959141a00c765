import { afterAll, expect, it } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { createTensor, readFloats, readWords } from "../../src/gpu/tensor.ts";
import { createOnnxGraph } from "../../src/onnx/onnx-graph.ts";
import { createOrtSession } from "../../src/onnx/ort-session.ts";
import { addFrames, addMerge } from "../../src/vision/merge-nodes.ts";
import { expectClose, randomFloats } from "../close.ts";
import { tokenMatch } from "../reference/token-match.ts";
import { tokenMerge } from "../reference/token-merge.ts";
import { type Merge, tokenSort } from "../reference/token-sort.ts";

const gpu = await openGpu();
afterAll(() => gpu.destroy());

type Options = Parameters<typeof tokenSort>[2] & { readonly tokens: number; readonly first: boolean };

const frames = 3;
const width = 5;
const depth = 4;

/** Keys whose cosines are exact and mostly ties, a seventh of them zero, and sizes of 1 to 4. */
function draw({ tokens, first }: Options) {
  const signs = randomFloats(frames * tokens * depth, tokens);
  const metric = signs.map((value, i) => (Math.floor(i / depth) % 7 === 3 ? 0 : Math.sign(value)));
  const sizes = randomFloats(frames * tokens, tokens + 1).map((value) => (first ? 1 : 1 + Math.floor((value + 1) * 2)));
  return { metric, sizes, x: randomFloats(frames * tokens * width, tokens + 2) };
}

function build({ tokens, removed, order, protectFirst, first }: Options): Uint8Array {
  const graph = createOnnxGraph("merge");
  const metric = graph.input("metric", ["F", tokens, depth]);
  const x = graph.node("Reshape", [graph.input("x", ["F", tokens, width]), graph.integers([-1, width])]);
  const size = first ? null : graph.input("size", ["F", tokens]);
  // Of patches there are twice as many as tokens: patch n is in token n / 2.
  const owners = first
    ? null
    : graph.node("Add", [
        graph.node("Mul", [addFrames(graph, metric), graph.integers([0])]),
        graph.integers(Array.from({ length: 2 * tokens }, (_, i) => i >> 1)),
      ]);
  const step = { tokens, removed, order, protectFirst, width };
  const merged = addMerge(graph, { x, size, owners }, metric, addFrames(graph, metric), step);
  graph.output(merged.x, "y", ["rows", width]);
  graph.output(graph.node("Identity", [merged.size]), "sizes", ["F", tokens - removed]);
  graph.output(graph.cast(merged.owners, "u32"), "owners", ["F", "N"], "u32");
  return graph.encode();
}

const cases: Options[] = (["ascending", "descending", "none"] as const).flatMap((order) =>
  [true, false].flatMap((protectFirst) => [
    { tokens: 15, removed: 7, order, protectFirst, first: false },
    { tokens: 16, removed: 3, order, protectFirst, first: true },
  ]),
);

it.each([...cases, { tokens: 3, removed: 1, order: "ascending", protectFirst: true, first: false } as const])(
  "merges as the reference does, of equals the same: %o",
  async (options) => {
    const { tokens, removed, first } = options;
    const left = tokens - removed;
    const patches = first ? tokens : 2 * tokens;
    const given = draw(options);
    const input = (name: string, data: Float32Array, ...shape: number[]) => ({
      tensor: createTensor(gpu, name, [frames, ...shape], "f32", data),
      shape: [frames, ...shape],
    });
    const inputs = {
      metric: input("metric", given.metric, tokens, depth),
      x: input("x", given.x, tokens, width),
      ...(!first && { size: input("size", given.sizes, tokens) }),
    };
    const outputs = {
      y: { tensor: createTensor(gpu, "y", [frames, left, width], "f32"), shape: [frames * left, width] },
      sizes: { tensor: createTensor(gpu, "sizes", [frames, left], "f32"), shape: [frames, left] },
      owners: { tensor: createTensor(gpu, "owners", [frames, patches], "u32"), shape: [frames, patches] },
    };
    const session = await createOrtSession(gpu, "wasm", build(options), { label: "merge", what: "merge" });
    await session.run(inputs, outputs);
    const [y, sizes] = [await readFloats(gpu, outputs.y.tensor), await readFloats(gpu, outputs.sizes.tensor)];
    const owners = await readWords(gpu, outputs.owners.tensor);
    for (const { tensor } of [...Object.values(inputs), ...Object.values(outputs)]) tensor.destroy();
    await session.release();

    for (let frame = 0; frame < frames; frame++) {
      const part = <A extends Float32Array | Uint32Array>(values: A, each: number) =>
        values.subarray(frame * each, (frame + 1) * each);
      const before = [...part(given.sizes, tokens)];
      const match = tokenMatch(part(given.metric, tokens * depth) as Float32Array, depth, options.protectFirst);
      const expected = tokenSort(match, before, options);
      expect([...part(sizes, left)]).toEqual(expected.sizes);
      expect([...part(owners, patches)]).toEqual(ownersOf(expected, patches, first));
      const x = part(given.x, tokens * width) as Float32Array;
      expectClose(part(y, left * width), tokenMerge(x, before, expected), 1e-6);
    }
  },
);

/** The new token of each patch. */
function ownersOf({ members }: Merge, patches: number, first: boolean): number[] {
  return Array.from({ length: patches }, (_, n) => members.findIndex((some) => some.includes(first ? n : n >> 1)));
}
