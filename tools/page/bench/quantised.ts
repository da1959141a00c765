import { onnx } from "onnx-proto";
import type { Gpu } from "../../../src/gpu/device.ts";
import { createTensor, type Tensor } from "../../../src/gpu/tensor.ts";
import { float32ToHalf, halfToFloat32 } from "../../../src/model/half.ts";
import { type QuantisedWeights, quantise, weightGroup } from "../../../src/model/quantised.ts";
import { createOrtSession } from "../../../src/onnx/ort-session.ts";
import { type Figure, geometricMean, interleave, median, randomFloats, timed, timeRatio } from "./measure.ts";
import { type Contender, callAndWait, checkAgreement, gpuClock, ours, type Shape } from "./products.ts";

/** Layers of a language model of 1.6 billion parameters; a chunk of 32 tokens in `gemm`. */
const shapes: Record<"gemm" | "gemv", readonly Shape[]> = {
  gemm: [
    { rows: 32, inWidth: 2048, outWidth: 2048 },
    { rows: 32, inWidth: 2048, outWidth: 7168 },
  ],
  gemv: [
    { rows: 1, inWidth: 2048, outWidth: 2048 },
    { rows: 1, inWidth: 2048, outWidth: 7168 },
  ],
};

const rounds = 5;

/** Least milliseconds of one measurement; calls are repeated to fill it. */
const leastMs = 40;

/** Our products with int8 and int4 weights: f16's time over theirs, and onnxruntime's int4 (MatMulNBits) over our int4. */
export async function benchQuantised(gpu: Gpu): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const kind of ["gemm", "gemv"] as const) {
    const single: Figure[] = [];
    for (const shape of shapes[kind]) single.push(...(await compare(gpu, kind, shape)));
    for (const [pair, what] of [
      ["int8-vs-f16", "our f16's time over our int8's"],
      ["int4-vs-f16", "our f16's time over our int4's"],
      ["int4-vs-ort", "onnxruntime's int4's time over our int4's"],
    ] as const) {
      const values = single.filter(({ id }) => id.startsWith(`${kind}-${pair}-`)).map(({ value }) => value);
      const note = `${what}; geometric mean of ${values.length} shapes, calls included`;
      figures.push({ id: `${kind}-${pair}`, value: geometricMean(values), unit: "×", note });
    }
    figures.push(...single);
  }
  return figures;
}

async function compare(gpu: Gpu, kind: "gemm" | "gemv", shape: Shape): Promise<Figure[]> {
  const { rows, inWidth, outWidth } = shape;
  const x = createTensor(gpu, "bench.x", [rows, inWidth], "f32", randomFloats(rows * inWidth, 1, 1));
  const weights = randomFloats(inWidth * outWidth, 2, 1 / Math.sqrt(inWidth));
  const int4 = quantise(weights, inWidth, "int4");
  const contenders = {
    f16: ours(gpu, shape, x, [float32ToHalf(weights)]),
    int8: ours(gpu, shape, x, [quantise(weights, inWidth, "int8")]),
    int4: ours(gpu, shape, x, [int4]),
    ort: await ortInt4(gpu, shape, x, int4),
  };
  await checkAgreement(gpu, shape, [contenders.ort, contenders.int4]);
  const once = await timed(() => callAndWait(gpu, contenders.f16, 1));
  const calls = Math.max(1, Math.min(50, Math.round(leastMs / once)));
  const tasks = Object.values(contenders).map((contender) => () => callAndWait(gpu, contender, calls));
  const [f16 = [], int8 = [], own = [], theirs = []] = await interleave(rounds, tasks);
  const size = `${rows}x${inWidth}x${outWidth}`;
  const figure = (pair: string, times: readonly number[], others: readonly number[]): Figure => {
    const [a, b] = [times, others].map((all) => (median(all) / calls).toFixed(3));
    const note = `${a} against ${b} ms a product; median of ${rounds}, ${calls} calls a wait`;
    return { id: `${kind}-${pair}-${size}`, value: timeRatio(times, others), unit: "×", note };
  };
  const figures = [
    figure("int8-vs-f16", f16, int8),
    figure("int4-vs-f16", f16, own),
    figure("int4-vs-ort", theirs, own),
  ];
  for (const format of ["f16", "int8", "int4"] as const) {
    const value = await gpuClock(contenders[format], 1);
    const note = `ours, one product on the GPU's clock; median`;
    if (value !== null) figures.push({ id: `${kind}-${format}-gpu-ms-${size}`, value, unit: "ms", note });
  }
  for (const contender of Object.values(contenders)) await contender.destroy();
  x.destroy();
  return figures;
}

/** onnxruntime's own product with int4 weights, which it keeps exactly as we do; computes in f32 like ours. */
async function ortInt4(gpu: Gpu, shape: Shape, x: Tensor, weights: QuantisedWeights): Promise<Contender> {
  const { rows, inWidth, outWidth } = shape;
  const y = createTensor(gpu, "bench.ort", [rows, outWidth], "f32");
  const session = await createOrtSession(gpu, "webgpu", encodeInt4(shape, weights), {
    label: "bench",
    what: "product",
  });
  return {
    call: () =>
      session.run({ x: { tensor: x, shape: [rows, inWidth] } }, { y: { tensor: y, shape: [rows, outWidth] } }),
    result: y,
    stride: outWidth,
    async destroy() {
      await session.release();
      y.destroy();
    },
  };
}

/** A model of one MatMulNBits, with the zero point of 8 that it has unless told otherwise. */
function encodeInt4({ rows, inWidth, outWidth }: Shape, { data, scale }: QuantisedWeights): Uint8Array {
  const { DataType } = onnx.TensorProto;
  const groups = inWidth / weightGroup;
  const value = (name: string, width: number) => {
    const dim = [{ dimValue: rows }, { dimValue: width }];
    return { name, type: { tensorType: { elemType: DataType.FLOAT, shape: { dim } } } };
  };
  const attributes = { K: inWidth, N: outWidth, bits: 4, block_size: weightGroup };
  const node: onnx.INodeProto = {
    opType: "MatMulNBits",
    domain: "com.microsoft",
    input: ["x", "w", "scales"],
    output: ["y"],
    attribute: Object.entries(attributes).map(([name, i]) => ({
      name,
      type: onnx.AttributeProto.AttributeType.INT,
      i,
    })),
  };
  const scales = new Uint8Array(halfToFloat32(scale).buffer);
  const initializer = [
    { name: "w", dataType: DataType.UINT8, dims: [outWidth, groups, weightGroup / 2], rawData: data },
    { name: "scales", dataType: DataType.FLOAT, dims: [outWidth * groups], rawData: scales },
  ];
  const graph = {
    name: "int4",
    node: [node],
    input: [value("x", inWidth)],
    output: [value("y", outWidth)],
    initializer,
  };
  const opsetImport = [
    { domain: "", version: 20 },
    { domain: "com.microsoft", version: 1 },
  ];
  return onnx.ModelProto.encode({ irVersion: 9, opsetImport, graph }).finish();
}
