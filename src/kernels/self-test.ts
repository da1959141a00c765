import { AuroraError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { runDispatches } from "../gpu/record.ts";
import { createTensor, readFloats } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import { linearDecode, linearPrefill } from "./linear.ts";
import { padRows, uploadLinear } from "./linear-weights.ts";
import { rowStride } from "./row-stride.ts";

/** Odd sizes, so that every edge of the kernels' tiles is passed. */
const rows = 21;
const inWidth = 37;
const outWidth = 43;

/** Largest error allowed, of sums of 37 products of numbers below 1. */
const tolerance = 1e-3;

/**
 * Multiplies small matrices of packed f16 on the GPU, many rows and one, and compares with the CPU: some drivers compute wrong
 * values without an error.
 *
 * @param corrupt changes the weights (bits of f16) that the GPU gets; for the test of this test
 * @throws AuroraError `WebGpuUnavailable` when they differ
 */
export async function selfTest(gpu: Gpu, corrupt = (bits: Uint16Array) => bits): Promise<void> {
  const bits = Uint16Array.from({ length: outWidth * inWidth }, (_, i) => ((i * 40503) & 0x83ff) | 0x3400); // ±[0.25, 0.5)
  const input = Float32Array.from({ length: rows * inWidth }, (_, i) => ((i * 7919) % 1021) / 1021 - 0.5);
  const expected = multiply(input, bits);

  const w = uploadLinear(gpu, "self-test.w", corrupt(bits), { outWidth, inWidth });
  const x = createTensor(gpu, "self-test.x", [rows, rowStride(inWidth)], "f32", padRows(input, inWidth));
  const many = createTensor(gpu, "self-test.many", [rows, rowStride(outWidth)], "f32");
  const one = createTensor(gpu, "self-test.one", [rowStride(outWidth)], "f32");
  const uniform = createUniform(gpu, "self-test.rows", [rows, 0, 0, 0]);
  try {
    const dispatches = [
      ...linearPrefill(gpu, { x, w, y: many, rows: uniform }),
      ...linearDecode(gpu, { x, w, y: one }),
    ];
    runDispatches(gpu, dispatches, { rows });
    const error = Math.max(
      largestError(await readFloats(gpu, many), expected),
      largestError(await readFloats(gpu, one), expected.subarray(0, outWidth)),
    );
    if (!(error <= tolerance)) {
      throw new AuroraError(
        "WebGpuUnavailable",
        "This graphics adapter computes wrong values, so answers would be nonsense. Update the graphics driver or try another browser.",
        `self-test: off by ${error} on ${gpu.adapter.vendor} ${gpu.adapter.architecture} ${gpu.adapter.description}`,
      );
    }
  } finally {
    for (const owner of [w, x, many, one, uniform]) owner.destroy();
  }
}

/** x [T, K] · wᵀ [K, N] in f64; `bits` are normal f16 numbers. */
function multiply(x: Float32Array, bits: Uint16Array): Float64Array {
  const weights = Float64Array.from(bits, (half) => {
    const magnitude = 2 ** (((half >> 10) & 31) - 15) * (1 + (half & 0x3ff) / 1024);
    return half & 0x8000 ? -magnitude : magnitude;
  });
  return Float64Array.from({ length: rows * outWidth }, (_, index) => {
    const [t, n] = [Math.floor(index / outWidth), index % outWidth];
    let sum = 0;
    for (let k = 0; k < inWidth; k++) sum += (x[t * inWidth + k] as number) * (weights[n * inWidth + k] as number);
    return sum;
  });
}

/** Largest difference, NaN when there is one, of rows `rowStride(outWidth)` apart and dense ones. */
function largestError(actual: Float32Array, expected: Float64Array): number {
  const errors = expected.map((value, index) => {
    const [t, n] = [Math.floor(index / outWidth), index % outWidth];
    return Math.abs((actual[t * rowStride(outWidth) + n] as number) - value);
  });
  return errors.reduce((most, error) => Math.max(most, error), 0);
}
