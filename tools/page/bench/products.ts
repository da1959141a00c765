import { assert } from "../../../src/errors.ts";
import type { Gpu } from "../../../src/gpu/device.ts";
import { runDispatches } from "../../../src/gpu/record.ts";
import { createTensor, readBuffer, readFloats, type Tensor } from "../../../src/gpu/tensor.ts";
import { timeDispatches } from "../../../src/gpu/timing.ts";
import { createUniform } from "../../../src/gpu/uniform.ts";
import { linearDecode, linearPrefill } from "../../../src/kernels/linear.ts";
import { type LinearRows, uploadLinear } from "../../../src/kernels/linear-weights.ts";
import { rowStride } from "../../../src/kernels/row-stride.ts";
import { float32ToHalf } from "../../../src/model/half.ts";
import { createOnnxGraph } from "../../../src/onnx/onnx-graph.ts";
import { createOrtSession } from "../../../src/onnx/ort-session.ts";
import { type Figure, geometricMean, interleave, median, randomFloats, timed, timeRatio } from "./measure.ts";

/** X [T, K] times W [K, N]. */
export type Shape = { readonly rows: number; readonly inWidth: number; readonly outWidth: number };

/** The shapes of a small language model and of a ViT-B's blocks. */
const shapes: Record<"gemm" | "gemv", readonly Shape[]> = {
  gemm: [
    { rows: 96, inWidth: 192, outWidth: 672 },
    { rows: 96, inWidth: 672, outWidth: 192 },
    { rows: 144, inWidth: 768, outWidth: 768 },
  ],
  gemv: [
    { rows: 1, inWidth: 192, outWidth: 890 },
    { rows: 1, inWidth: 672, outWidth: 192 },
    { rows: 1, inWidth: 768, outWidth: 3072 },
  ],
};

const rounds = 7;

/** Bytes of f32 weights that one call goes through, and most products of one call. */
const weightBytes = 32 << 20;
const mostProducts = 4;

/** Least milliseconds of one measurement; calls are repeated to fill it. */
const leastMs = 40;

/** Our matrix products against onnxruntime's on the same device: ORT's time over ours, f32 and packed f16 weights. */
export async function benchProducts(gpu: Gpu): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const kind of ["gemm", "gemv"] as const) {
    const single: Figure[] = [];
    for (const shape of shapes[kind]) single.push(...(await compare(gpu, kind, shape)));
    for (const weights of ["", "-f16"]) {
      const values = single.filter(({ id }) => id.startsWith(`${kind}${weights}-vs-ort-`)).map(({ value }) => value);
      const what = `onnxruntime's time over ours${weights && ", our weights f16"}`;
      const note = `${what}; geometric mean of ${values.length} shapes, calls included`;
      figures.push({ id: `${kind}${weights}-vs-ort`, value: geometricMean(values), unit: "×", note });
    }
    figures.push(...single);
  }
  return figures;
}

/** One way to compute all products of a shape. */
export type Contender = {
  /** Submits the products once. */
  call(): Promise<void> | void;
  /** Milliseconds of all products on the GPU's own clock; null where it cannot be read. */
  gpuMs?(): Promise<number | null>;
  /** The last product [T, stride]. */
  readonly result: Tensor;
  readonly stride: number;
  destroy(): Promise<void> | void;
};

async function compare(gpu: Gpu, kind: "gemm" | "gemv", shape: Shape): Promise<Figure[]> {
  const { rows, inWidth, outWidth } = shape;
  const count = Math.max(1, Math.min(mostProducts, Math.floor(weightBytes / (inWidth * outWidth * 4))));
  const x = createTensor(gpu, "bench.x", [rows, inWidth], "f32", randomFloats(rows * inWidth, 1, 1));
  const weights = Array.from({ length: count }, (_, i) =>
    randomFloats(inWidth * outWidth, i + 2, 1 / Math.sqrt(inWidth)),
  );
  const halves = weights.map(float32ToHalf);
  const contenders = [await ort(gpu, shape, x, weights), ours(gpu, shape, x, weights), ours(gpu, shape, x, halves)];
  await checkAgreement(gpu, shape, contenders);
  const once = await timed(() => callAndWait(gpu, contenders[1] as Contender, 1));
  const calls = Math.max(1, Math.min(50, Math.round(leastMs / once)));
  const times = await interleave(
    rounds,
    contenders.map((contender) => () => callAndWait(gpu, contender, calls)),
  );
  const clock = await gpuClock(contenders[2] as Contender, count);
  for (const contender of contenders) await contender.destroy();
  x.destroy();
  const [theirs = [], single = [], half = []] = times;
  const size = `${rows}x${inWidth}x${outWidth}`;
  const note = (milliseconds: readonly number[]) => {
    const [a, b] = [theirs, milliseconds].map((all) => (median(all) / (calls * count)).toFixed(3));
    return `${a} against ${b} ms a product; median of ${rounds}, ${count} products a call, ${calls} calls a wait`;
  };
  return [
    { id: `${kind}-vs-ort-${size}`, value: timeRatio(theirs, single), unit: "×", note: note(single) },
    { id: `${kind}-f16-vs-ort-${size}`, value: timeRatio(theirs, half), unit: "×", note: note(half) },
    ...(clock === null
      ? []
      : [
          {
            id: `${kind}-f16-gpu-ms-${size}`,
            value: clock,
            unit: "ms",
            note: `ours, one product on the GPU's clock; median of ${rounds}`,
          },
        ]),
  ];
}

/** Median milliseconds of one of `count` products on the GPU's own clock; null where it cannot be read. */
export async function gpuClock({ gpuMs }: Contender, count: number): Promise<number | null> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const milliseconds = (await gpuMs?.()) ?? null;
    if (milliseconds === null) return null;
    times.push(milliseconds / count);
  }
  return median(times);
}

/** The same for everybody: reads a few bytes of the last result back. */
export async function callAndWait(gpu: Gpu, { call, result }: Contender, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await call();
  await readBuffer(gpu, result.buffer, 16);
}

/** onnxruntime's WebGPU backend on our device: one graph with a MatMul for each weight, all from and to GPU buffers. */
async function ort(gpu: Gpu, shape: Shape, x: Tensor, weights: readonly Float32Array[]): Promise<Contender> {
  const { rows, inWidth, outWidth } = shape;
  const graph = createOnnxGraph("bench");
  const input = graph.input("x", [rows, inWidth]);
  const outputs = weights.map((weight, i) => {
    const constant = graph.constant(transpose(weight, inWidth), [inWidth, outWidth]);
    graph.output(graph.node("MatMul", [input, constant]), `y${i}`, [rows, outWidth]);
    return [`y${i}`, createTensor(gpu, `bench.ort.${i}`, [rows, outWidth], "f32")] as const;
  });
  const session = await createOrtSession(gpu, "webgpu", graph.encode(), { label: "bench", what: "product" });
  const inputs = { x: { tensor: x, shape: [rows, inWidth] } };
  const bound = Object.fromEntries(outputs.map(([name, tensor]) => [name, { tensor, shape: [rows, outWidth] }]));
  return {
    call: () => session.run(inputs, bound),
    result: (outputs.at(-1) as (typeof outputs)[number])[1],
    stride: outWidth,
    async destroy() {
      await session.release();
      for (const [, tensor] of outputs) tensor.destroy();
    },
  };
}

/** Our kernels: all products in one submission. */
export function ours(gpu: Gpu, shape: Shape, x: Tensor, weights: readonly LinearRows[]): Contender {
  const { rows: count, inWidth, outWidth } = shape;
  const stride = rowStride(outWidth);
  const rows = createUniform(gpu, "bench.rows", [count, 0, 0, 0]);
  const products = weights.map((weight, i) => {
    const w = uploadLinear(gpu, `bench.w.${i}`, weight, { outWidth, inWidth });
    const y = createTensor(gpu, `bench.y.${i}`, [count, stride], "f32");
    return { w, y, dispatches: count === 1 ? linearDecode(gpu, { x, w, y }) : linearPrefill(gpu, { x, w, y, rows }) };
  });
  const dispatches = products.flatMap((product) => product.dispatches);
  return {
    call: () => runDispatches(gpu, dispatches, { rows: count }),
    gpuMs: () => timeDispatches(gpu, dispatches, { rows: count }),
    result: (products.at(-1) as (typeof products)[number]).y,
    stride,
    destroy() {
      for (const owner of products.flatMap(({ w, y }) => [w, y])) owner.destroy();
      rows.destroy();
    },
  };
}

/** Speed counts only among equal results. @throws where they differ by more than a hundredth of the largest */
export async function checkAgreement(
  gpu: Gpu,
  { rows, outWidth }: Shape,
  contenders: readonly Contender[],
): Promise<void> {
  const results: Float32Array[] = [];
  for (const { call, result, stride } of contenders) {
    await call();
    const values = await readFloats(gpu, result);
    results.push(
      Float32Array.from({ length: rows * outWidth }, (_, i) => {
        return values[Math.floor(i / outWidth) * stride + (i % outWidth)] as number;
      }),
    );
  }
  const [expected = new Float32Array(), ...others] = results;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const values of others) {
    const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0);
    assert(largest > 0 && error <= 1e-2 * largest, `products differ by ${error} of ${largest} from onnxruntime's`);
  }
}

function transpose(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  const turned = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = matrix[row * columns + column] as number;
  }
  return turned;
}
