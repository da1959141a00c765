import type { Gpu } from "../gpu/device.ts";
import { createTensor, readBuffer, type Tensor } from "../gpu/tensor.ts";
import { addLayerNorm } from "../onnx/layers.ts";
import { createOnnxGraph } from "../onnx/onnx-graph.ts";
import { createOrtSession, type OrtSession } from "../onnx/ort-session.ts";
import { addEmbeddings, blockOf, patchCount } from "../vision/segments.ts";
import { createWeightReader } from "../vision/weights.ts";
import { addPoolingHead } from "./pooling-head.ts";
import type { Siglip } from "./siglip.ts";
import { createTower, type Tower } from "./tower.ts";
import { toUnitRows } from "./unit-rows.ts";

type TowerOptions = {
  readonly backend: "webgpu" | "wasm";
  readonly maxBatch: number;
  readonly signal?: AbortSignal;
};

/** Pictures → vectors of length 1, [F, C] one behind the other. One call at a time. */
export type PictureTower = {
  readonly maxBatch: number;
  /** @param pixels [maxBatch, 3, S, S] f32, as the preprocessor makes them for `Siglip.vision` */
  encode(pixels: Tensor, count: number): Promise<Float32Array>;
  destroy(): Promise<void>;
};

/** Loads the tower of a SigLIP that reads pictures. @throws AuroraError those of `createTower` */
export async function createPictureTower(gpu: Gpu, siglip: Siglip, options: TowerOptions): Promise<PictureTower> {
  const { vision, tensors } = siglip;
  const read = createWeightReader(tensors, options);
  const width = vision.hiddenSize;
  const tokens = patchCount(vision);
  const tower: Tower = await createTower(
    gpu,
    options.backend,
    {
      label: "search.picture",
      blocks: Array.from({ length: vision.numHiddenLayers }, (_, index) => blockOf(vision, index)),
      tokens,
      inputShape: [3, vision.imageSize, vision.imageSize],
      outputShape: [width],
      begin: (graph) => addEmbeddings(graph, vision, read),
      async end(graph, rows) {
        const normed = await addLayerNorm(graph, read, "vision_model.post_layernorm", rows, width, vision.layerNormEps);
        return addPoolingHead(graph, read, vision, tokens, normed);
      },
    },
    { read, inputName: "pixels", maxBatch: options.maxBatch },
  );
  const vectors = createTensor(gpu, "search.vectors", [options.maxBatch, width], "f32");
  return {
    maxBatch: options.maxBatch,
    async encode(pixels, count) {
      await tower.run(pixels, count, vectors);
      return toUnitRows(new Float32Array(await readBuffer(gpu, vectors.buffer, count * width * 4)), width);
    },
    async destroy() {
      vectors.destroy();
      await tower.destroy();
    },
  };
}

/** The end of such a tower alone, for patches that an encoder with the same weights has made. One call at a time. */
export type PoolingHead = {
  /** @param patches [·, N, D] f32 after the last norm; vectors of length 1 of the first `count`, [F, C] */
  pool(patches: Tensor, count: number): Promise<Float32Array>;
  destroy(): Promise<void>;
};

/** @param patches N of that encoder, which may look at pictures of another size @throws AuroraError those of `createOrtSession` */
export async function createPoolingHead(
  gpu: Gpu,
  { vision, tensors }: Siglip,
  { backend, maxBatch, patches, signal }: TowerOptions & { readonly patches: number },
): Promise<PoolingHead> {
  const width = vision.hiddenSize;
  const graph = createOnnxGraph("search.head");
  const rows = graph.node("Reshape", [graph.input("x", ["F", patches, width]), graph.integers([-1, width])]);
  const read = createWeightReader(tensors, { signal });
  graph.output(await addPoolingHead(graph, read, vision, patches, rows), "y", ["F", width]);
  const names = { label: "search.head", what: "search model" };
  const session: OrtSession = await createOrtSession(gpu, backend, graph.encode(), names);
  const vectors = createTensor(gpu, "search.vectors", [maxBatch, width], "f32");
  return {
    async pool(x, count) {
      await session.run(
        { x: { tensor: x, shape: [count, patches, width] } },
        { y: { tensor: vectors, shape: [count, width] } },
      );
      return toUnitRows(new Float32Array(await readBuffer(gpu, vectors.buffer, count * width * 4)), width);
    },
    async destroy() {
      vectors.destroy();
      await session.release();
    },
  };
}
