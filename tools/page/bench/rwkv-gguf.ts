import type { TextConfig } from "../../../src/model/config.ts";
import { toFloat32, toHalfBits } from "../../../src/model/half.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { type GgufTensor, type GgufValue, writeGguf } from "./gguf.ts";

/** What llama.cpp calls the parts of an RWKV (`gguf/constants.py`), by BlinkDL's names. */
const norms = { ln1: "attn_norm", ln2: "attn_norm_2", "att.ln_x": "time_mix_ln" } as const;
const matrices = {
  "att.key": "time_mix_key",
  "att.value": "time_mix_value",
  "att.receptance": "time_mix_receptance",
  "att.output": "time_mix_output",
  "ffn.key": "channel_mix_key",
  "ffn.value": "channel_mix_value",
} as const;

/** The word that stands for a token: all of one length, so that a text of them is read back as these tokens. */
export function tokenWord(id: number): string {
  return `t${String(id).padStart(5, "0")}`;
}

/** Makes a GGUF file of an RWKV in BlinkDL's names, as llama.cpp's `convert_hf_to_gguf.py` does: matrices f16, the rest f32. */
export async function rwkvToGguf(config: TextConfig, source: TensorSource): Promise<Blob> {
  const collected = collect(source);
  const { tensors, norm, matrix } = collected;
  await matrix("emb.weight", "token_embd.weight");
  await norm("blocks.0.ln0", "token_embd_norm");
  await norm("ln_out", "output_norm");
  await matrix("head.weight", "output.weight");
  const addLayer = config.modelType === "rwkv7" ? addRwkv7Layer : addRwkv6Layer;
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const [from, to] = [`blocks.${layer}.`, `blk.${layer}.`];
    for (const [ours, theirs] of Object.entries(norms)) await norm(from + ours, to + theirs);
    for (const [ours, theirs] of Object.entries(matrices))
      await matrix(`${from}${ours}.weight`, `${to}${theirs}.weight`);
    await addLayer(collected, config, from, to);
  }
  return writeGguf(
    describe(config, (name) => source.info(name)?.shape ?? []),
    tensors,
  );
}

/** The file's metadata. @param shapeOf that of a tensor by its name */
function describe(config: TextConfig, shapeOf: (name: string) => readonly number[]): Record<string, GgufValue> {
  const { modelType: kind, hiddenSize, numHiddenLayers, vocabSize, intermediateSize, headSize } = config;
  const rank = (name: string, axis: number) => ({ u32: shapeOf(`blocks.1.att.${name}`)[axis] ?? 0 });
  const ranks =
    kind === "rwkv7"
      ? {
          "rwkv7.attention.decay_lora_rank": rank("w1", 1),
          "rwkv7.attention.iclr_lora_rank": rank("a1", 1),
          "rwkv7.attention.value_residual_mix_lora_rank": rank("v1", 1),
          "rwkv7.attention.gate_lora_rank": rank("g1", 1),
        }
      : {
          "rwkv6.rescale_every_n_layers": { u32: 0 },
          "rwkv6.time_mix_extra_dim": rank("time_maa_w2", 1),
          "rwkv6.time_decay_extra_dim": rank("time_decay_w2", 0),
        };
  return {
    "general.architecture": kind,
    "general.file_type": { u32: 1 },
    [`${kind}.context_length`]: { u32: 1 << 20 },
    [`${kind}.embedding_length`]: { u32: hiddenSize },
    [`${kind}.block_count`]: { u32: numHiddenLayers },
    [`${kind}.attention.head_count`]: { u32: 0 },
    [`${kind}.attention.layer_norm_epsilon`]: { f32: 1e-5 },
    [`${kind}.wkv.head_size`]: { u32: headSize },
    [`${kind}.feed_forward_length`]: { u32: intermediateSize },
    ...ranks,
    "tokenizer.ggml.model": "rwkv",
    "tokenizer.ggml.tokens": Array.from({ length: vocabSize }, (_, id) => tokenWord(id)),
    "tokenizer.ggml.token_type": Array.from({ length: vocabSize }, () => 1),
  };
}

/** What is special to RWKV-6. */
async function addRwkv6Layer(collected: Collected, config: TextConfig, from: string, to: string): Promise<void> {
  const { vector, matrix, factor, fuse } = collected;
  const { hiddenSize: width, headSize } = config;
  await matrix(`${from}att.gate.weight`, `${to}time_mix_gate.weight`);
  await matrix(`${from}ffn.receptance.weight`, `${to}channel_mix_receptance.weight`);
  for (const part of ["w1", "w2"]) {
    await factor(`${from}att.time_maa_${part}`, `${to}time_mix_${part}.weight`);
    await factor(`${from}att.time_decay_${part}`, `${to}time_mix_decay_${part}.weight`);
  }
  await vector(`${from}att.time_maa_x`, `${to}time_mix_lerp_x.weight`, [width, 1, 1]);
  const mixes = ["w", "k", "v", "r", "g"].map((name) => `${from}att.time_maa_${name}`);
  await fuse(mixes, `${to}time_mix_lerp_fused.weight`);
  await vector(`${from}att.time_decay`, `${to}time_mix_decay.weight`);
  await vector(`${from}att.time_faaaa`, `${to}time_mix_first.weight`, [headSize, width / headSize]);
  for (const name of ["k", "r"])
    await vector(`${from}ffn.time_maa_${name}`, `${to}channel_mix_lerp_${name}.weight`, [width, 1, 1]);
}

/** What is special to RWKV-7. The first layer, which mixes nothing into its values, is expected to have a mix all the same: that of its rates. */
async function addRwkv7Layer(collected: Collected, config: TextConfig, from: string, to: string): Promise<void> {
  const { vector, factor, fuse } = collected;
  const first = from === "blocks.0.";
  for (const part of ["w", "a", "v", "g"]) {
    const source = part === "v" && first ? "a" : part;
    if (part !== "g") await vector(`${from}att.${source}0`, `${to}time_mix_${part}0.weight`);
    for (const factorOf of ["1", "2"])
      await factor(`${from}att.${source}${factorOf}`, `${to}time_mix_${part}${factorOf}.weight`);
  }
  const mixes = ["r", "w", "k", "v", "a", "g"].map((name) => `${from}att.x_${name}`);
  await fuse(mixes, `${to}time_mix_lerp_fused.weight`);
  for (const name of ["k_k", "k_a", "r_k"]) await vector(`${from}att.${name}`, `${to}time_mix_${name}.weight`);
  await vector(`${from}ffn.x_k`, `${to}channel_mix_lerp_k.weight`, [config.hiddenSize, 1, 1]);
}

type Collected = ReturnType<typeof collect>;

/** Tensors on their way into a file, by what they are. */
function collect(source: TensorSource) {
  const tensors: GgufTensor[] = [];
  const shapeOf = (name: string) => source.info(name)?.shape ?? [];
  const floats = async (name: string) => Float32Array.from(toFloat32(await source.read(name)));
  const add = (name: string, sizes: readonly number[], values: GgufTensor["values"]) => {
    tensors.push({ name, sizes: sizes.length > 0 ? sizes : [1], values });
  };
  async function vector(from: string, to: string, sizes?: readonly number[]): Promise<void> {
    const values = await floats(from);
    add(to, sizes ?? [values.length], values);
  }
  async function norm(from: string, to: string): Promise<void> {
    for (const part of ["weight", "bias"]) await vector(`${from}.${part}`, `${to}.${part}`);
  }
  async function matrix(from: string, to: string): Promise<void> {
    const [rows = 0, columns = 0] = shapeOf(from);
    add(to, [columns, rows], Uint16Array.from(toHalfBits(await source.read(from))));
  }
  /** A factor [in, out], or several, stored to be used as x·W; llama.cpp stores them the other way round. */
  async function factor(from: string, to: string): Promise<void> {
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
  }
  /** Vectors of one width one behind the other. */
  async function fuse(from: readonly string[], to: string): Promise<void> {
    const parts = await Promise.all(from.map(floats));
    const width = parts[0]?.length ?? 0;
    const all = new Float32Array(parts.length * width);
    for (const [i, part] of parts.entries()) all.set(part, i * width);
    add(to, [width, 1, 1, parts.length], all);
  }
  return { tensors, vector, norm, matrix, factor, fuse };
}
