import type { TextConfig } from "../../../src/model/config.ts";
import { toFloat32, toHalfBits } from "../../../src/model/half.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";

/** A tensor of a GGUF file: its sizes, the fastest first, and its values, bits of f16 or f32. */
type GgufTensor = {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly values: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
};

type GgufValue = string | readonly string[] | readonly number[] | { readonly u32: number } | { readonly f32: number };

/** Types of values and of tensors (ggml's `docs/gguf.md`). */
const valueType = { u32: 4, i32: 5, f32: 6, text: 8, array: 9 } as const;
const tensorType = { f32: 0, f16: 1 } as const;
const alignment = 32;

/** Writes a GGUF file, version 3. */
function writeGguf(values: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Blob {
  const parts: BlobPart[] = [];
  let length = 0;
  const put = (bytes: Uint8Array<ArrayBuffer>) => {
    parts.push(bytes);
    length += bytes.byteLength;
  };
  const u32 = (value: number) => put(new Uint8Array(Uint32Array.of(value).buffer));
  const u64 = (value: number) => put(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  const f32 = (value: number) => put(new Uint8Array(Float32Array.of(value).buffer));
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.byteLength);
    put(bytes);
  };
  const value = (given: GgufValue) => {
    if (typeof given === "string") {
      u32(valueType.text);
      text(given);
    } else if ("u32" in given) {
      u32(valueType.u32);
      u32(given.u32);
    } else if ("f32" in given) {
      u32(valueType.f32);
      f32(given.f32);
    } else {
      u32(valueType.array);
      u32(typeof given[0] === "string" ? valueType.text : valueType.i32);
      u64(given.length);
      for (const each of given) typeof each === "string" ? text(each) : u32(each);
    }
  };
  const pad = () => put(new Uint8Array((alignment - (length % alignment)) % alignment));

  put(new TextEncoder().encode("GGUF"));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(values).length);
  for (const [key, given] of Object.entries(values)) {
    text(key);
    value(given);
  }
  let offset = 0;
  for (const { name, sizes, values: data } of tensors) {
    text(name);
    u32(sizes.length);
    for (const size of sizes) u64(size);
    u32(data instanceof Uint16Array ? tensorType.f16 : tensorType.f32);
    u64(offset);
    offset += Math.ceil(data.byteLength / alignment) * alignment;
  }
  for (const { values: data } of tensors) {
    pad();
    put(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return new Blob(parts);
}

/** What llama.cpp calls the parts of an RWKV-6 (`gguf/constants.py`), by BlinkDL's names. */
const vectors = {
  ln1: "attn_norm",
  ln2: "attn_norm_2",
  "att.ln_x": "time_mix_ln",
} as const;
const matrices = {
  "att.key": "time_mix_key",
  "att.value": "time_mix_value",
  "att.receptance": "time_mix_receptance",
  "att.gate": "time_mix_gate",
  "att.output": "time_mix_output",
  "ffn.key": "channel_mix_key",
  "ffn.value": "channel_mix_value",
  "ffn.receptance": "channel_mix_receptance",
} as const;
const fused = ["w", "k", "v", "r", "g"];

/** The word that stands for a token: all of one length, so that a text of them is read back as these tokens. */
export function tokenWord(id: number): string {
  return `t${String(id).padStart(5, "0")}`;
}

/** Makes a GGUF file of an RWKV-6 in BlinkDL's names, as llama.cpp's `convert_hf_to_gguf.py` does: matrices f16, the rest f32. */
export async function rwkv6ToGguf(config: TextConfig, source: TensorSource): Promise<Blob> {
  const { hiddenSize: width, numHiddenLayers: layers, vocabSize, intermediateSize, headSize } = config;
  const tensors: GgufTensor[] = [];
  const shapeOf = (name: string) => source.info(name)?.shape ?? [];
  const floats = async (name: string) => Float32Array.from(toFloat32(await source.read(name)));
  const add = (name: string, sizes: readonly number[], values: GgufTensor["values"]) =>
    tensors.push({ name, sizes: sizes.length > 0 ? sizes : [1], values });
  const vector = async (from: string, to: string, sizes?: readonly number[]) => {
    const values = await floats(from);
    add(to, sizes ?? [values.length], values);
  };
  const norm = async (from: string, to: string) => {
    for (const part of ["weight", "bias"]) await vector(`${from}.${part}`, `${to}.${part}`);
  };
  const matrix = async (from: string, to: string) => {
    const [rows = 0, columns = 0] = shapeOf(from);
    add(to, [columns, rows], Uint16Array.from(toHalfBits(await source.read(from))));
  };
  /** A factor [in, out], or several, stored to be used as x·W; llama.cpp stores them the other way round. */
  const factor = async (from: string, to: string) => {
    const shape = shapeOf(from);
    const [rows = 0, columns = 0] = shape.slice(-2);
    const count = shape.length > 2 ? (shape[0] ?? 1) : 1;
    const values = await floats(from);
    const turned = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const [each, at] = [Math.floor(i / (rows * columns)), i % (rows * columns)];
      turned[each * rows * columns + (at % columns) * rows + Math.floor(at / columns)] = values[i] as number;
    }
    add(to, count > 1 ? [rows, columns, count] : [rows, columns], turned);
  };

  await matrix("emb.weight", "token_embd.weight");
  await norm("blocks.0.ln0", "token_embd_norm");
  await norm("ln_out", "output_norm");
  await matrix("head.weight", "output.weight");
  for (let layer = 0; layer < layers; layer++) {
    const [from, to] = [`blocks.${layer}.`, `blk.${layer}.`];
    for (const [ours, theirs] of Object.entries(vectors)) await norm(from + ours, to + theirs);
    for (const [ours, theirs] of Object.entries(matrices))
      await matrix(`${from}${ours}.weight`, `${to}${theirs}.weight`);
    await factor(`${from}att.time_maa_w1`, `${to}time_mix_w1.weight`);
    await factor(`${from}att.time_maa_w2`, `${to}time_mix_w2.weight`);
    await factor(`${from}att.time_decay_w1`, `${to}time_mix_decay_w1.weight`);
    await factor(`${from}att.time_decay_w2`, `${to}time_mix_decay_w2.weight`);
    await vector(`${from}att.time_maa_x`, `${to}time_mix_lerp_x.weight`, [width, 1, 1]);
    const mixes = new Float32Array(fused.length * width);
    for (const [i, name] of fused.entries()) mixes.set(await floats(`${from}att.time_maa_${name}`), i * width);
    add(`${to}time_mix_lerp_fused.weight`, [width, 1, 1, fused.length], mixes);
    await vector(`${from}att.time_decay`, `${to}time_mix_decay.weight`);
    await vector(`${from}att.time_faaaa`, `${to}time_mix_first.weight`, [headSize, width / headSize]);
    for (const name of ["k", "r"])
      await vector(`${from}ffn.time_maa_${name}`, `${to}channel_mix_lerp_${name}.weight`, [width, 1, 1]);
  }
  const rank = (name: string) => shapeOf(`blocks.0.att.${name}`);
  return writeGguf(
    {
      "general.architecture": "rwkv6",
      "general.file_type": { u32: 1 },
      "rwkv6.context_length": { u32: 1 << 20 },
      "rwkv6.embedding_length": { u32: width },
      "rwkv6.block_count": { u32: layers },
      "rwkv6.attention.head_count": { u32: 0 },
      "rwkv6.attention.layer_norm_epsilon": { f32: 1e-5 },
      "rwkv6.rescale_every_n_layers": { u32: 0 },
      "rwkv6.wkv.head_size": { u32: headSize },
      "rwkv6.time_mix_extra_dim": { u32: rank("time_maa_w2")[1] ?? 0 },
      "rwkv6.time_decay_extra_dim": { u32: rank("time_decay_w2")[0] ?? 0 },
      "rwkv6.feed_forward_length": { u32: intermediateSize },
      "tokenizer.ggml.model": "rwkv",
      "tokenizer.ggml.tokens": Array.from({ length: vocabSize }, (_, id) => tokenWord(id)),
      "tokenizer.ggml.token_type": Array.from({ length: vocabSize }, () => 1),
    },
    tensors,
  );
}
