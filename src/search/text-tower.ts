import type { Gpu } from "../gpu/device.ts";
import { createTensor, readBuffer, writeTensor } from "../gpu/tensor.ts";
import { blockNames } from "../model/block-names.ts";
import { toFloat32 } from "../model/half.ts";
import { expectTensor } from "../model/tensors.ts";
import { addLayerNorm, addLinear } from "../onnx/layers.ts";
import { createWeightReader } from "../vision/weights.ts";
import type { Siglip } from "./siglip.ts";
import { createTower } from "./tower.ts";
import { toUnitRows } from "./unit-rows.ts";

/** Texts → vectors. One call at a time. */
export type TextTower = {
  /** A vector of length 1, [C]. */
  encode(text: string): Promise<Float32Array>;
  destroy(): Promise<void>;
};

/**
 * Loads the tower of a SigLIP that reads texts. Its table of tokens stays where the weights lie: a text's rows are read as
 * they are needed.
 *
 * @throws AuroraError those of `createTower`
 */
export async function createTextTower(gpu: Gpu, siglip: Siglip, backend: "webgpu" | "wasm"): Promise<TextTower> {
  const { text, tensors, width } = siglip;
  const read = createWeightReader(tensors, {});
  const tower = await createTower(
    gpu,
    backend,
    {
      label: "search.text",
      blocks: Array.from({ length: text.layers }, (_, index) => ({
        ...text,
        names: blockNames(`text_model.encoder.layers.${index}`),
      })),
      tokens: text.tokens,
      inputShape: [text.tokens, text.width],
      outputShape: [width],
      begin: async (graph) =>
        graph.node("Reshape", [
          graph.input("embedded", ["F", text.tokens, text.width]),
          graph.integers([-1, text.width]),
        ]),
      async end(graph, rows) {
        const normed = await addLayerNorm(graph, read, "text_model.final_layer_norm", rows, text.width, text.epsilon);
        const each = graph.node("Reshape", [normed, graph.integers([-1, text.tokens, text.width])]);
        const bounds = [text.tokens - 1, text.tokens, 1].map((value) => graph.integers([value]));
        const last = graph.node("Reshape", [graph.node("Slice", [each, ...bounds]), graph.integers([-1, text.width])]);
        return addLinear(graph, read, "text_model.head", last, text.width, width);
      },
    },
    { read, inputName: "embedded", maxBatch: 1 },
  );
  const embedded = createTensor(gpu, "search.embedded", [1, text.tokens, text.width], "f32");
  const vector = createTensor(gpu, "search.text-vector", [1, width], "f32");
  return {
    async encode(query) {
      writeTensor(gpu, embedded, await embed(siglip, siglip.tokenizer.encode(query)));
      await tower.run(embedded, 1, vector);
      return toUnitRows(new Float32Array(await readBuffer(gpu, vector.buffer, width * 4)), width);
    },
    async destroy() {
      embedded.destroy();
      vector.destroy();
      await tower.destroy();
    },
  };
}

/** The rows of ids with those of their positions, [T, D]. */
async function embed({ tensors, text }: Siglip, ids: readonly number[]): Promise<Float32Array> {
  const { tokens, width, vocabSize } = text;
  const at = "text_model.embeddings";
  const table = `${at}.token_embedding.weight`;
  const rows = toFloat32(await expectTensor(tensors, `${at}.position_embedding.weight`, [tokens, width])).slice();
  const known = new Map<number, Float32Array>();
  for (const [place, id] of ids.entries()) {
    const row =
      known.get(id) ?? toFloat32(await expectTensor(tensors, table, [vocabSize, width], [id, id + 1])).slice();
    known.set(id, row);
    for (let i = 0; i < width; i++) rows[place * width + i] = (rows[place * width + i] ?? 0) + (row[i] ?? 0);
  }
  return rows;
}
