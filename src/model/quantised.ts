import { assert } from "../errors.ts";
import type { Quantization } from "./config.ts";
import { corruptFile } from "./fields.ts";
import { float32ToHalf, halfToFloat32 } from "./half.ts";

/** Number of weights along a row that share one scale; the kernels are written for it. */
export const weightGroup = 32;

/** How weights are stored that are quantised. */
export type QuantisedFormat = Exclude<Quantization, "f16">;

/**
 * Weights [N, K] as whole numbers q with w ≈ q · scale. int8: [N, K], q from −127 to 127 as two's complement. int4: [N, K / 2],
 * q from −7 to 7 stored as q + 8, the weight of even k in the low half of its byte.
 */
export type QuantisedWeights = {
  readonly data: Uint8Array;
  /** [N, K / 32], bits of f16: one for each group of 32 along K */
  readonly scale: Uint16Array;
};

/** What stands between a quantised tensor's name and its scales'. */
export const scaleSuffix = ".scale";

/** Whether a tensor of the model folder is one of the RNN's linear layers [N, K] whose rows are whole groups. */
export function isQuantisable(name: string, shape: readonly number[]): boolean {
  const linear = /^blocks\.\d+\.(att\.(receptance|key|value|gate|output)|ffn\.(key|value|receptance))\.weight$/;
  return (
    (name === "head.weight" || linear.test(name)) && shape.length === 2 && (shape[1] as number) % weightGroup === 0
  );
}

/**
 * Quantises whole rows of weights, symmetrically, each group by itself. The scale makes the largest weight of a group the largest
 * whole number; for int4 two smaller ones, which cut the largest weights off, are tried as well, each is fitted to the numbers that
 * it gives (least squares), and the one with the least squared error taken, an eighth less on average. Rounds ties to even.
 *
 * @param values [N, K], none beyond ±65504
 * @throws AuroraError `ModelCorrupt` when a weight is infinite or no number
 */
export function quantise(values: Float32Array, inWidth: number, format: QuantisedFormat): QuantisedWeights {
  assert(
    inWidth % weightGroup === 0 && values.length % inWidth === 0,
    `${values.length} weights in rows of ${inWidth}`,
  );
  const largest = largestOfGroups(values);
  if (format === "int8") {
    const scale = float32ToHalf(largest.map((value) => value / 127));
    return { data: roundToBytes(values, halfToFloat32(scale)), scale };
  }
  const scale = bestScales(values, largest);
  return { data: roundToNibbles(values, halfToFloat32(scale)), scale };
}

/** The weights that quantised ones stand for. */
export function dequantise({ data, scale }: QuantisedWeights, format: QuantisedFormat): Float32Array {
  const factors = halfToFloat32(scale);
  const bytes = new Int8Array(data.buffer, data.byteOffset, data.byteLength);
  const whole = (index: number) =>
    format === "int8" ? (bytes[index] as number) : (((data[index >> 1] as number) >> (4 * (index & 1))) & 15) - 8;
  return Float32Array.from({ length: scale.length * weightGroup }, (_, index) => {
    return whole(index) * (factors[Math.floor(index / weightGroup)] as number);
  });
}

function largestOfGroups(values: Float32Array): Float32Array {
  const largest = new Float32Array(values.length / weightGroup);
  let sum = 0; // infinite or NaN when one of the weights is
  for (let group = 0, at = 0; group < largest.length; group++) {
    let most = 0;
    for (const end = at + weightGroup; at < end; at++) {
      const magnitude = Math.abs(values[at] as number);
      sum += magnitude;
      if (magnitude > most) most = magnitude;
    }
    largest[group] = most;
  }
  if (!Number.isFinite(sum)) throw corruptFile("weights", "hold a value that is infinite or not a number");
  return largest;
}

/** What a group's largest weight becomes in int4 before it is cut off at 7. */
const int4Targets = [7, 7.5, 8] as const;

function bestScales(values: Float32Array, largest: Float32Array): Uint16Array {
  const best = new Uint16Array(largest.length);
  const leastError = new Float64Array(largest.length).fill(Number.POSITIVE_INFINITY);
  for (const target of int4Targets) {
    const first = halfToFloat32(float32ToHalf(largest.map((value) => value / target)));
    const bits = float32ToHalf(first.map((scale, group) => fittedScale(values, group, scale)));
    const scales = halfToFloat32(bits);
    for (let group = 0; group < best.length; group++) {
      const error = squaredError(values, group, scales[group] as number);
      if (error >= (leastError[group] as number)) continue;
      leastError[group] = error;
      best[group] = bits[group] as number;
    }
  }
  return best;
}

/** The scale that suits a group's whole numbers best, which are those that another one gives. */
function fittedScale(values: Float32Array, group: number, scale: number): number {
  const inverse = inverseOf(scale);
  let [products, squares] = [0, 0];
  for (let at = group * weightGroup, end = at + weightGroup; at < end; at++) {
    const value = values[at] as number;
    const whole = roundWithin(value * inverse, 7);
    products += whole * value;
    squares += whole * whole;
  }
  return squares === 0 ? scale : products / squares;
}

function squaredError(values: Float32Array, group: number, scale: number): number {
  const inverse = inverseOf(scale);
  let sum = 0;
  for (let at = group * weightGroup, end = at + weightGroup; at < end; at++) {
    const value = values[at] as number;
    const error = value - roundWithin(value * inverse, 7) * scale;
    sum += error * error;
  }
  return sum;
}

function roundToBytes(values: Float32Array, scales: Float32Array): Uint8Array {
  const bytes = new Int8Array(values.length);
  for (let group = 0, at = 0; group < scales.length; group++) {
    const inverse = inverseOf(scales[group] as number);
    for (const end = at + weightGroup; at < end; at++) bytes[at] = roundWithin((values[at] as number) * inverse, 127);
  }
  return new Uint8Array(bytes.buffer);
}

function roundToNibbles(values: Float32Array, scales: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length / 2);
  for (let group = 0, at = 0; group < scales.length; group++) {
    const inverse = inverseOf(scales[group] as number);
    for (const end = at + weightGroup / 2; at < end; at++) {
      const low = roundWithin((values[2 * at] as number) * inverse, 7) + 8;
      const high = roundWithin((values[2 * at + 1] as number) * inverse, 7) + 8;
      bytes[at] = low | (high << 4);
    }
  }
  return bytes;
}

/** 0 for a scale of 0, the scale of groups that are all zero, or too small for an f16. */
function inverseOf(scale: number): number {
  return scale === 0 ? 0 : 1 / scale;
}

/** The nearest whole number from −limit to limit. Adding 1.5 · 2⁵² leaves no bits for a fraction, and rounds as IEEE does. */
function roundWithin(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value + 6755399441055744 - 6755399441055744));
}
