import type { FoundPart, WeightFolder } from "./part.ts";

/** A language model's tensors as they are named in one of the ways that RWKV is published. */
export type FoundLanguage = FoundPart & {
  /** Whose names they are, for people. */
  readonly form: string;
  /** Whether low-rank factors are stored the other way round. */
  readonly swapped: boolean;
};

type Form = {
  readonly label: string;
  /** The embedding's name below the prefix, by which the form is known. */
  readonly anchor: string;
  /** Matches the form's names below the prefix. */
  readonly member: RegExp;
  readonly swapped: boolean;
  /** Our name of a tensor; one that we do not have for those that are unknown. */
  rename(name: string): string;
};

/** BlinkDL's own names, which are ours, and web-rwkv's variation of them (`time_mix`, `time_first`). */
const blinkdl: Form = {
  label: "BlinkDL",
  anchor: "emb.weight",
  member: /^(emb|blocks|ln_out|head)\./,
  swapped: false,
  rename: (name) => name.replace(".time_mix_", ".time_maa_").replace(/\.time_first$/, ".time_faaaa"),
};

/** RWKV-6 as in the Hugging Face repositories of the RWKV organisation (`modeling_rwkv6.py`). */
const huggingFace: Form = {
  label: "Hugging Face",
  anchor: "rwkv.embeddings.weight",
  member: /^(rwkv\.|head\.weight$)/,
  swapped: false,
  rename: (name) =>
    name
      .replace(/^rwkv\./, "")
      .replace(/^embeddings\./, "emb.")
      .replace(".pre_ln.", ".ln0.")
      .replace(".attention.", ".att.")
      .replace(".feed_forward.", ".ffn."),
};

const linearOf = new Map([
  ["r", "receptance"],
  ["k", "key"],
  ["v", "value"],
  ["o", "output"],
]);
/** Parts of a low-rank layer → the digit in BlinkDL's names. */
const factorOf = new Map([
  ["0.weight", "1"],
  ["2.weight", "2"],
  ["2.bias", "0"],
]);

/** RWKV-7 in flash-linear-attention's names (`fla/layers/rwkv7.py`, `utils/convert_from_rwkv7.py`). */
const fla: Form = {
  label: "flash-linear-attention",
  anchor: "embeddings.weight",
  member: /^(embeddings\.weight$|layers\.|norm\.)/,
  swapped: true,
  rename: (name) =>
    name
      .replace(/^embeddings\./, "emb.")
      .replace(/^norm\./, "ln_out.")
      .replace(/^layers\./, "blocks.")
      .replace(".pre_norm.", ".ln0.")
      .replace(".attn_norm.", ".ln1.")
      .replace(".ffn_norm.", ".ln2.")
      .replace(".attn.g_norm.", ".att.ln_x.")
      .replace(/\.attn\.([rkvo])_proj\./, (_, letter: string) => `.att.${linearOf.get(letter)}.`)
      .replace(/\.attn\.([wavg])_lora\.lora\.(0\.weight|2\.weight|2\.bias)$/, (_, letter: string, part: string) => {
        return `.att.${letter}${factorOf.get(part)}`;
      })
      .replace(".attn.", ".att."),
};

/** What the rows of the packed mixes of flash-linear-attention before April 2025 are, in order (`x_x` [6, C]). */
const packedMixes = "rwkvag";

/** Finds a language model among a folder's tensors, by their names; null where there is none. */
export function findLanguage(folder: WeightFolder): FoundLanguage | null {
  const { names } = folder.tensors;
  // The most special anchor first: each ends in the next one's words.
  for (const form of [huggingFace, fla, blinkdl]) {
    const anchors = names.filter((name) => name === form.anchor || name.endsWith(`.${form.anchor}`));
    for (const anchor of anchors.sort((a, b) => a.length - b.length)) {
      const prefix = anchor.slice(0, anchor.length - form.anchor.length);
      if (form !== fla || names.some((name) => name.startsWith(`${prefix}layers.0.`)))
        return collect(folder, form, prefix);
    }
  }
  return null;
}

function collect(folder: WeightFolder, form: Form, prefix: string): FoundLanguage {
  const ours = new Map<string, string>();
  const rows = new Map<string, number>();
  const dropped: string[] = [];
  let isWebRwkv = false;
  for (const name of folder.tensors.names) {
    if (form === fla && /(^|\.)lm_head\.weight$/.test(name)) ours.set("head.weight", name);
    const inner = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    if (!form.member.test(inner)) continue;
    const renamed = form.rename(inner);
    isWebRwkv ||= form === blinkdl && inner.includes(".time_mix_");
    // The first layer's mix of values with those of the first layer itself: never used, and not always there.
    if (/^blocks\.0\.att\.v[012]$/.test(renamed)) dropped.push(name);
    else if (isPacked(folder, name)) {
      for (const [row, letter] of [...packedMixes].entries()) {
        const mix = renamed.replace(/x$/, letter);
        ours.set(mix, name);
        rows.set(mix, row);
      }
    } else ours.set(renamed, name);
  }
  const label = isWebRwkv ? "web-rwkv" : form.label;
  return { folder, prefix, names: ours, rows, dropped, form: label, swapped: form.swapped || isWebRwkv };
}

function isPacked({ tensors }: WeightFolder, name: string): boolean {
  return name.endsWith(".attn.x_x") && tensors.info(name)?.shape[0] === packedMixes.length;
}
