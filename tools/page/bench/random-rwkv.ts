import type { TextConfig } from "../../../src/model/config.ts";
import { float32ToHalf } from "../../../src/model/half.ts";
import { isQuantisable, scaleSuffix, weightGroup } from "../../../src/model/quantised.ts";
import type { TensorSource, TensorType } from "../../../src/model/tensors.ts";
import { randomFloats } from "./measure.ts";

/** Widths of low-rank factors: of the token mix and the decay, and of what RWKV-7 has besides. */
type Ranks = Readonly<Record<"mix" | "decay" | "rate" | "value" | "gate", number>>;
type Entry = { readonly shape: readonly number[]; readonly dtype: TensorType; readonly scale: number };

const usualRanks: Ranks = { mix: 32, decay: 64, rate: 64, value: 32, gate: 128 };

/** Values of a table that is repeated: a prime, so that rows differ. */
const tableLength = 262_139;

/** Random weights of an RWKV in BlinkDL's names and shapes, in f16 as released, or with the linear layers in whole numbers. */
export function randomRwkv(
  config: TextConfig,
  { format = "f16", ranks }: { readonly format?: "f16" | "int8" | "int4"; readonly ranks?: Partial<Ranks> } = {},
): TensorSource {
  const entries = new Map<string, Entry>();
  for (const [name, shape] of shapesOf(config, { ...usualRanks, ...ranks })) {
    const [rows = 1, inWidth = 1] = shape;
    const scale = shape.length === 1 ? 1 / Math.sqrt(config.hiddenSize) : 0.5;
    if (format === "f16" || !isQuantisable(name, shape)) {
      entries.set(name, { shape, dtype: "F16", scale });
      continue;
    }
    const [columns, dtype, largest] =
      format === "int8" ? ([inWidth, "I8", 127] as const) : ([inWidth / 2, "U8", 7] as const);
    entries.set(name, { shape: [rows, columns], dtype, scale: 1 });
    entries.set(name + scaleSuffix, { shape: [rows, inWidth / weightGroup], dtype: "F16", scale: 2 / largest });
  }
  const floats = randomFloats(tableLength, 1, 1);
  const whole = Uint8Array.from(randomFloats(tableLength, 2, 128), (value) => value & 255);
  return {
    names: [...entries.keys()],
    info: (name) => entries.get(name) ?? null,
    async read(name, range) {
      const { shape, dtype, scale } = entries.get(name) as Entry;
      const [count = 1, ...rest] = shape;
      const width = rest.reduce((product, size) => product * size, 1);
      const [first, end] = range ?? [0, count];
      const table =
        dtype === "F16" ? new Uint8Array(float32ToHalf(floats.map((value) => value * scale)).buffer) : whole;
      const bytes = dtype === "F16" ? 2 : 1;
      const begin = name.length * 7919 + first * width; // each name elsewhere in the table
      const length = (end - first) * width * bytes;
      return { shape: [end - first, ...rest], dtype, bytes: repeat(table, begin * bytes, length) };
    },
  };
}

/** `length` bytes of a table that goes on for ever, from byte `from` on. */
function repeat(table: Uint8Array, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const part = table.subarray((from + at) % table.length).subarray(0, length - at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function shapesOf(config: TextConfig, ranks: Ranks): Map<string, readonly number[]> {
  const { hiddenSize: width, numHiddenLayers: layers, vocabSize, intermediateSize: inner } = config;
  const shapes = new Map<string, readonly number[]>();
  const addNorm = (name: string) => {
    for (const part of ["weight", "bias"]) shapes.set(`${name}.${part}`, [width]);
  };
  for (const name of ["emb.weight", "head.weight"]) shapes.set(name, [vocabSize, width]);
  for (const name of ["blocks.0.ln0", "ln_out"]) addNorm(name);
  const own = config.modelType === "rwkv7" ? rwkv7Shapes(config, ranks) : rwkv6Shapes(config, ranks);
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}.`;
    for (const name of ["ln1", "ln2", "att.ln_x"]) addNorm(at + name);
    for (const name of ["key", "value", "receptance", "output"]) shapes.set(`${at}att.${name}.weight`, [width, width]);
    shapes.set(`${at}ffn.key.weight`, [inner, width]);
    shapes.set(`${at}ffn.value.weight`, [width, inner]);
    for (const [name, shape] of Object.entries(own)) shapes.set(at + name, shape);
  }
  return shapes;
}

type Shapes = Record<string, readonly number[]>;

function rwkv6Shapes({ hiddenSize: width, headSize }: TextConfig, ranks: Ranks): Shapes {
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

function rwkv7Shapes({ hiddenSize: width, headSize }: TextConfig, ranks: Ranks): Shapes {
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
