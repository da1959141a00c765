import type { FoundLanguage } from "./language-names.ts";
import type { TensorMap } from "./mapped-source.ts";
import { countBlocks, mapPart, shapeOf, type TensorSpec, unsupported } from "./part.ts";

/** A language model with our names and shapes. */
export type Language = {
  readonly version: 6 | 7;
  readonly tensors: TensorMap;
  /** `text_config` of our `config.json`. */
  readonly config: {
    readonly model_type: "rwkv6" | "rwkv7";
    readonly hidden_size: number;
    readonly num_hidden_layers: number;
    readonly head_size: number;
    readonly intermediate_size: number;
    readonly vocab_size: number;
  };
};

/** Head size of every released model; used where the shape of u does not tell it. */
const usualHeadSize = 64;

/**
 * Reads all sizes of an RWKV-6 or RWKV-7 from its shapes and maps its tensors to ours.
 *
 * @throws AuroraError `ModelUnsupported` for other versions and tensors of variants, `ModelCorrupt` for missing ones
 */
export function mapLanguage(found: FoundLanguage): Language {
  const version = versionOf(found);
  const [vocab = 0, width = 0] = shapeOf(found, "emb.weight");
  const [hidden = 0] = shapeOf(found, "blocks.0.ffn.key.weight");
  const layers = countBlocks(found.names.keys(), /^blocks\.(\d{1,4})\./);
  const heads = shapeOf(found, version === 6 ? "blocks.0.att.time_faaaa" : "blocks.0.att.r_k");
  const [headCount = 0, headSize = 0] = heads.length === 2 ? heads : [Math.floor(width / usualHeadSize), usualHeadSize];
  if (headCount * headSize !== width)
    throw unsupported(`has ${headCount} heads of ${headSize} numbers in a width of ${width}`);
  const specs = new Map<string, TensorSpec>();
  specs.set("emb.weight", { shape: [vocab, width] });
  addNorm(specs, "blocks.0.ln0", width);
  const addBlock = version === 6 ? addBlock6 : addBlock7;
  for (let n = 0; n < layers; n++)
    addBlock(specs, found, `blocks.${n}.`, { width, hidden, headShape: [headCount, headSize] });
  addNorm(specs, "ln_out", width);
  specs.set("head.weight", { shape: [vocab, width] });
  return {
    version,
    tensors: mapPart(found, specs),
    config: {
      model_type: version === 6 ? "rwkv6" : "rwkv7",
      hidden_size: width,
      num_hidden_layers: layers,
      head_size: headSize,
      intermediate_size: hidden,
      vocab_size: vocab,
    },
  };
}

function versionOf({ names }: FoundLanguage): 6 | 7 {
  if (names.has("blocks.0.att.r_k")) return 7;
  if (names.has("blocks.0.att.time_maa_w1")) return 6;
  throw unsupported("has a language model that is neither RWKV-6 nor RWKV-7, or lacks its first layer");
}

type Specs = Map<string, TensorSpec>;
type Sizes = { readonly width: number; readonly hidden: number; readonly headShape: readonly number[] };

function addBlock6(specs: Specs, found: FoundLanguage, at: string, { width, hidden, headShape }: Sizes): void {
  addNorms(specs, at, width);
  for (const x of "xwkvrg") specs.set(`${at}att.time_maa_${x}`, { shape: [1, 1, width] });
  const mixRank = rankOf(found, `${at}att.time_maa_w1`, width) / 5;
  if (!Number.isInteger(mixRank)) throw unsupported(`mixes inputs by a rank that is no multiple of 5 (${at}att)`);
  const axes = found.swapped ? "swapped" : "either";
  specs.set(`${at}att.time_maa_w1`, { shape: [width, 5 * mixRank], axes });
  specs.set(`${at}att.time_maa_w2`, { shape: [5, mixRank, width], axes });
  const decayRank = rankOf(found, `${at}att.time_decay_w1`, width);
  specs.set(`${at}att.time_decay`, { shape: [1, 1, width] });
  specs.set(`${at}att.time_decay_w1`, { shape: [width, decayRank], axes });
  specs.set(`${at}att.time_decay_w2`, { shape: [decayRank, width], axes });
  specs.set(`${at}att.time_faaaa`, { shape: headShape });
  for (const linear of ["receptance", "key", "value", "gate", "output"])
    specs.set(`${at}att.${linear}.weight`, { shape: [width, width] });
  for (const x of "kr") specs.set(`${at}ffn.time_maa_${x}`, { shape: [1, 1, width] });
  specs.set(`${at}ffn.key.weight`, { shape: [hidden, width] });
  specs.set(`${at}ffn.receptance.weight`, { shape: [width, width] });
  specs.set(`${at}ffn.value.weight`, { shape: [width, hidden] });
}

function addBlock7(specs: Specs, found: FoundLanguage, at: string, { width, hidden, headShape }: Sizes): void {
  addNorms(specs, at, width);
  for (const x of "rwkvag") specs.set(`${at}att.x_${x}`, { shape: [1, 1, width] });
  const axes = found.swapped ? "swapped" : "either";
  for (const x of at === "blocks.0." ? "wag" : "wavg") {
    const rank = rankOf(found, `${at}att.${x}1`, width);
    if (x !== "g") specs.set(`${at}att.${x}0`, { shape: [1, 1, width] });
    specs.set(`${at}att.${x}1`, { shape: [width, rank], axes });
    specs.set(`${at}att.${x}2`, { shape: [rank, width], axes });
  }
  for (const x of ["k_k", "k_a"]) specs.set(`${at}att.${x}`, { shape: [1, 1, width] });
  specs.set(`${at}att.r_k`, { shape: headShape });
  for (const linear of ["receptance", "key", "value", "output"])
    specs.set(`${at}att.${linear}.weight`, { shape: [width, width] });
  specs.set(`${at}ffn.x_k`, { shape: [1, 1, width] });
  specs.set(`${at}ffn.key.weight`, { shape: [hidden, width] });
  specs.set(`${at}ffn.value.weight`, { shape: [width, hidden] });
}

function addNorms(specs: Specs, at: string, width: number): void {
  for (const norm of ["ln1", "ln2", "att.ln_x"]) addNorm(specs, `${at}${norm}`, width);
}

function addNorm(specs: Specs, name: string, width: number): void {
  for (const part of ["weight", "bias"]) specs.set(`${name}.${part}`, { shape: [width] });
}

/** Rank of a low-rank factor: the axis of its first matrix that is not the width, whichever way round that is stored. */
function rankOf(found: FoundLanguage, name: string, width: number): number {
  const shape = shapeOf(found, name);
  const [rows = 0, columns = 0] = shape;
  return (found.swapped ? columns === width : rows !== width && columns === width) ? rows : columns;
}
