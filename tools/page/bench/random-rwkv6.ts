import type { TextConfig } from "../../../src/model/config.ts";
import { float32ToHalf } from "../../../src/model/half.ts";
import { isQuantisable, scaleSuffix, weightGroup } from "../../../src/model/quantised.ts";
import type { TensorSource, TensorType } from "../../../src/model/tensors.ts";
import { randomFloats } from "./measure.ts";

type Entry = { readonly shape: readonly number[]; readonly dtype: TensorType; readonly scale: number };

/** Values of a table that is repeated: a prime, so that rows differ. */
const tableLength = 262_139;

/**
 * Random weights of an RWKV-6 in BlinkDL's names and shapes, in f16 as released, or with the linears in whole numbers.
 *
 * @param ranks of the token mix's and the decay's low-rank factors
 */
export function randomRwkv6(
  config: TextConfig,
  ranks: { readonly mix: number; readonly decay: number },
  format: "f16" | "int8" | "int4" = "f16",
): TensorSource {
  const entries = new Map<string, Entry>();
  for (const [name, shape] of shapesOf(config, ranks)) {
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
      return {
        shape: [end - first, ...rest],
        dtype,
        bytes: repeat(table, first * width * bytes, (end - first) * width * bytes),
      };
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

function shapesOf(config: TextConfig, ranks: { readonly mix: number; readonly decay: number }) {
  const { hiddenSize: width, numHiddenLayers: layers, intermediateSize: inner, headSize, vocabSize } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => {
    for (const part of ["weight", "bias"]) shapes.set(`${name}.${part}`, [width]);
  };
  for (const name of ["emb.weight", "head.weight"]) shapes.set(name, [vocabSize, width]);
  for (const name of ["blocks.0.ln0", "ln_out"]) norm(name);
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}.`;
    for (const name of ["ln1", "ln2", "att.ln_x"]) norm(at + name);
    for (const name of ["key", "value", "receptance", "gate", "output"])
      shapes.set(`${at}att.${name}.weight`, [width, width]);
    for (const name of ["x", "w", "k", "v", "r", "g"]) shapes.set(`${at}att.time_maa_${name}`, [1, 1, width]);
    shapes.set(`${at}att.time_maa_w1`, [width, 5 * ranks.mix]);
    shapes.set(`${at}att.time_maa_w2`, [5, ranks.mix, width]);
    shapes.set(`${at}att.time_decay`, [1, 1, width]);
    shapes.set(`${at}att.time_decay_w1`, [width, ranks.decay]);
    shapes.set(`${at}att.time_decay_w2`, [ranks.decay, width]);
    shapes.set(`${at}att.time_faaaa`, [width / headSize, headSize]);
    for (const name of ["k", "r"]) shapes.set(`${at}ffn.time_maa_${name}`, [1, 1, width]);
    shapes.set(`${at}ffn.key.weight`, [inner, width]);
    shapes.set(`${at}ffn.value.weight`, [width, inner]);
    shapes.set(`${at}ffn.receptance.weight`, [width, width]);
  }
  return shapes;
}
