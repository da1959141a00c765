import type { Gpu } from "../gpu/device.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import type { ReadWeight } from "../onnx/layers.ts";
import { createOnnxGraph, type OnnxGraph } from "../onnx/onnx-graph.ts";
import { createOrtSession, type OrtSession } from "../onnx/ort-session.ts";
import { blockBytes, cutBySize } from "../onnx/session-size.ts";
import { addAttention, addMlp, type Block } from "../onnx/transformer.ts";

/** A transformer from its input to its output, F at a time. */
export type TowerPlan = {
  readonly label: string;
  readonly blocks: readonly Block[];
  /** T */
  readonly tokens: number;
  /** Shapes behind the first axis, F. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Adds what stands before the blocks, the input among it: rows [F·T, D]. */
  begin(graph: OnnxGraph): Promise<string>;
  /** Adds what stands behind them: from rows [F·T, D] to the output. */
  end(graph: OnnxGraph, rows: string): Promise<string>;
};

/** A tower on the GPU, or on the CPU with its input and output on the GPU. */
export type Tower = {
  /** Runs the first `count` of `input` into `output`, which have the plan's shapes. One call at a time. */
  run(input: Tensor, count: number, output: Tensor): Promise<void>;
  destroy(): Promise<void>;
};

/**
 * Loads a tower.
 *
 * @param inputName what `begin` calls the input
 * @throws AuroraError errors of `read` and of `createOrtSession`
 */
export async function createTower(
  gpu: Gpu,
  backend: "webgpu" | "wasm",
  plan: TowerPlan,
  { read, inputName, maxBatch }: { readonly read: ReadWeight; readonly inputName: string; readonly maxBatch: number },
): Promise<Tower> {
  const { blocks, tokens, label } = plan;
  const width = blocks[0]?.width ?? 0;
  const parts = cutBySize(blocks, blockBytes);
  const sessions: OrtSession[] = [];
  try {
    for (const [i, part] of parts.entries()) {
      const model = await buildPart(plan, read, part, {
        first: i === 0,
        last: i === parts.length - 1,
        name: `${label}.${i}`,
      });
      sessions.push(await createOrtSession(gpu, backend, model, { label, what: "search model" }));
    }
  } catch (error) {
    for (const session of sessions) await session.release();
    throw error;
  }
  const hidden =
    parts.length > 1 ? [0, 1].map((i) => createTensor(gpu, `${label}.x.${i}`, [maxBatch, tokens, width], "f32")) : [];
  return {
    async run(input, count, output) {
      const between = [count, tokens, width];
      for (const [i, session] of sessions.entries()) {
        const last = i === sessions.length - 1;
        const from = i === 0 ? input : (hidden[i % 2] as Tensor);
        const to = last ? output : (hidden[(i + 1) % 2] as Tensor);
        await session.run(
          { [i === 0 ? inputName : "x"]: { tensor: from, shape: i === 0 ? [count, ...plan.inputShape] : between } },
          { y: { tensor: to, shape: last ? [count, ...plan.outputShape] : between } },
        );
      }
    },
    async destroy() {
      for (const tensor of hidden) tensor.destroy();
      for (const session of sessions) await session.release();
    },
  };
}

async function buildPart(
  plan: TowerPlan,
  read: ReadWeight,
  blocks: readonly Block[],
  at: { readonly first: boolean; readonly last: boolean; readonly name: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const { tokens } = plan;
  const graph = createOnnxGraph(at.name);
  const width = blocks[0]?.width ?? 0;
  let x = at.first
    ? await plan.begin(graph)
    : graph.node("Reshape", [graph.input("x", ["F", tokens, width]), graph.integers([-1, width])]);
  for (const block of blocks) {
    ({ x } = await addAttention(graph, read, block, { tokens, x, bias: null }));
    x = await addMlp(graph, read, block, x);
  }
  if (at.last) graph.output(await plan.end(graph, x), "y", ["F", ...plan.outputShape]);
  else graph.output(graph.node("Reshape", [x, graph.integers([-1, tokens, width])]), "y", ["F", tokens, width]);
  return graph.encode();
}
