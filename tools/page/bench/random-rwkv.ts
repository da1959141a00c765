import type { TextConfig } from "../../../src/model/config.ts";
import { float32ToHalf } from "../../../src/model/half.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { randomFloats } from "./measure.ts";

/** Widths of low-rank factors. */
const ranks = { mix: 32, decay: 64, rate: 64, value: 32, gate: 128 };

/** Random weights of an RWKV in BlinkDL's names and shapes, in f16 as released. */
export function randomRwkv(config: TextConfig): TensorSource {
  const { hiddenSize: width, numHiddenLayers: layers, vocabSize, intermediateSize: inner } = config;
  const shapes = new Map<string, readonly number[]>();
  const addNorm = (name: string) => {
    for (const part of ["weight", "bias"]) shapes.set(`${name}.${part}`, [width]);
  };
  for (const name of ["emb.weight", "head.weight"]) shapes.set(name, [vocabSize, width]);
  for (const name of ["blocks.0.ln0", "ln_out"]) addNorm(name);
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}.`;
    for (const name of ["ln1", "ln2", "att.ln_x"]) addNorm(at + name);
    for (const name of ["key", "value", "receptance", "output"]) shapes.set(`${at}att.${name}.weight`, [width, width]);
    shapes.set(`${at}ffn.key.weight`, [inner, width]);
    shapes.set(`${at}ffn.value.weight`, [width, inner]);
    const own = config.modelType === "rwkv7" ? rwkv7Shapes(config) : rwkv6Shapes(config);
    for (const [name, shape] of Object.entries(own)) shapes.set(at + name, shape);
  }
  return {
    names: [...shapes.keys()],
    info(name) {
      const shape = shapes.get(name);
      return shape ? { shape, dtype: "F16" } : null;
    },
    async read(name, rows) {
      const [count = 1, ...rest] = shapes.get(name) ?? [];
      const rowLength = rest.reduce((product, size) => product * size, 1);
      const [first, end] = rows ?? [0, count];
      const whole = randomFloats(count * rowLength, name.length, rest.length === 1 ? 1 / Math.sqrt(width) : 0.5);
      const values = whole.subarray(first * rowLength, end * rowLength);
      return { shape: [end - first, ...rest], dtype: "F16", bytes: new Uint8Array(float32ToHalf(values).buffer) };
    },
  };
}

type Shapes = Record<string, readonly number[]>;

function rwkv6Shapes({ hiddenSize: width, headSize }: TextConfig): Shapes {
  const vectors = ["x", "w", "k", "v", "r", "g"].map((name) => `att.time_maa_${name}`);
  return {
    ...Object.fromEntries([...vectors, "ffn.time_maa_k", "ffn.time_maa_r"].map((name) => [name, [1, 1, width]])),
    "att.gate.weight": [width, width],
    "att.time_maa_w1": [width, 5 * ranks.mix],
    "att.time_maa_w2": [5, ranks.mix, width],
    "att.time_decay": [1, 1, width],
    "att.time_decay_w1": [width, ranks.decay],
    "att.time_decay_w2": [ranks.decay, width],
    "att.time_faaaa": [width / headSize, headSize],
    "ffn.receptance.weight": [width, width],
  };
}

function rwkv7Shapes({ hiddenSize: width, headSize }: TextConfig): Shapes {
  const vectors = ["x_r", "x_w", "x_k", "x_v", "x_a", "x_g", "w0", "a0", "v0", "k_k", "k_a"].map(
    (name) => `att.${name}`,
  );
  const factors = { w: ranks.decay, a: ranks.rate, v: ranks.value, g: ranks.gate };
  return {
    ...Object.fromEntries([...vectors, "ffn.x_k"].map((name) => [name, [1, 1, width]])),
    ...Object.fromEntries(Object.entries(factors).map(([name, rank]) => [`att.${name}1`, [width, rank]])),
    ...Object.fromEntries(Object.entries(factors).map(([name, rank]) => [`att.${name}2`, [rank, width]])),
    "att.r_k": [width / headSize, headSize],
  };
}
