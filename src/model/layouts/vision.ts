import type { TensorMap } from "./mapped-source.ts";
import {
  countBlocks,
  type FoundPart,
  mapPart,
  shapeOf,
  type TensorSpec,
  unsupported,
  type WeightFolder,
} from "./part.ts";

/** A picture encoder with our names, and the sizes that its shapes tell. */
export type Vision = {
  readonly tensors: TensorMap;
  readonly width: number;
  readonly hidden: number;
  readonly layers: number;
  readonly patchSize: number;
  readonly patches: number;
};

const anchor = "embeddings.patch_embedding.weight";
/** Our names all begin so, as in `SiglipVisionModel`. */
const ours = "vision_model.";
const positions = `${ours}embeddings.position_embedding.weight`;

/**
 * Finds SigLIP's picture encoder among a folder's tensors, whatever their names begin with; null where there is none.
 * The head that pools all patches into one vector, and the text encoder that SigLIP comes with, are dropped.
 *
 * @throws AuroraError `ModelUnsupported` for more than one encoder
 */
export function findVision(folder: WeightFolder): FoundPart | null {
  const { names } = folder.tensors;
  const [first, second] = names.filter((name) => name === anchor || name.endsWith(`.${anchor}`));
  if (first === undefined) return null;
  if (second !== undefined) throw unsupported(`has two picture encoders (${first} and ${second})`);
  const prefix = first.slice(0, first.length - anchor.length);
  const around = prefix.endsWith(ours) ? prefix.slice(0, prefix.length - ours.length) : null;
  const found = new Map<string, string>();
  const dropped: string[] = [];
  for (const name of names) {
    const inner = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    const outer = around !== null && name.startsWith(around) ? name.slice(around.length) : "";
    if (/^(text_model\.|logit_scale$|logit_bias$)/.test(outer)) dropped.push(name);
    else if (/^head\.(?!weight$)|^embeddings\.position_ids$/.test(inner)) dropped.push(name);
    else if (/^(embeddings\.(?!weight$)|encoder\.layers\.|pre_layrnorm\.|post_layernorm\.)/.test(inner))
      found.set(ours + inner, name);
  }
  placeOwnPositions(names, prefix, found, dropped);
  return { folder, prefix, names: found, dropped };
}

/**
 * AuroraLong's encoder keeps its positions a second time, as `pos_emb` of itself: of no use beside SigLIP's own, and in
 * their place where there are none.
 */
function placeOwnPositions(names: readonly string[], prefix: string, found: Map<string, string>, dropped: string[]) {
  for (const name of names) {
    const owner = /^(.*\.)?pos_emb$/.exec(name);
    if (!owner || !`${prefix}embeddings.`.startsWith(owner[1] ?? "")) continue;
    if (found.has(positions)) dropped.push(name);
    else found.set(positions, name);
  }
}

/**
 * Maps an encoder's tensors to ours: `usedLayers(layers)` of its layers, and its last norm where `postLayernorm` is set.
 *
 * @throws AuroraError `ModelUnsupported`, `ModelCorrupt` naming tensors
 */
export function mapVision(
  found: FoundPart,
  settings: { readonly usedLayers: (layers: number) => number; readonly postLayernorm: boolean },
): Vision {
  const embeddings = `${ours}embeddings`;
  const kernel = shapeOf(found, `${embeddings}.patch_embedding.weight`);
  const [width = 0, colours, patchSize = 0, patchWidth] = kernel;
  if (kernel.length !== 4 || colours !== 3 || patchSize !== patchWidth)
    throw unsupported(
      `takes patches of any size, as NaFlex does (${found.prefix}${anchor} has shape [${kernel.join(", ")}])`,
    );
  const patches = shapeOf(found, positions).at(-2) ?? 0;
  const layers = countBlocks(found.names.keys(), /^vision_model\.encoder\.layers\.(\d{1,4})\./);
  const [hidden = 0] = shapeOf(found, `${ours}encoder.layers.0.mlp.fc1.weight`);
  const specs = new Map<string, TensorSpec>([
    [`${embeddings}.patch_embedding.weight`, { shape: kernel }],
    [`${embeddings}.patch_embedding.bias`, { shape: [width] }],
    [positions, { shape: [patches, width] }],
  ]);
  const used = settings.usedLayers(layers);
  for (let n = 0; n < used; n++) addLayer(specs, `${ours}encoder.layers.${n}`, width, hidden);
  if (settings.postLayernorm) addNorm(specs, `${ours}post_layernorm`, width);
  // What lies behind the layers in use may be there or not, and be whatever it is.
  const isUsed = (name: string) => {
    const layer = /^vision_model\.encoder\.layers\.(\d+)\./.exec(name)?.[1];
    return layer === undefined ? settings.postLayernorm || !name.includes(".post_layernorm.") : +layer < used;
  };
  const names = new Map([...found.names].filter(([name]) => isUsed(name)));
  return { tensors: mapPart({ ...found, names }, specs), width, hidden, layers, patchSize, patches };
}

function addLayer(specs: Map<string, TensorSpec>, at: string, width: number, hidden: number): void {
  addNorm(specs, `${at}.layer_norm1`, width);
  addNorm(specs, `${at}.layer_norm2`, width);
  for (const linear of ["q_proj", "k_proj", "v_proj", "out_proj"])
    addLinear(specs, `${at}.self_attn.${linear}`, width, width);
  addLinear(specs, `${at}.mlp.fc1`, hidden, width);
  addLinear(specs, `${at}.mlp.fc2`, width, hidden);
}

function addLinear(specs: Map<string, TensorSpec>, name: string, out: number, inner: number): void {
  specs.set(`${name}.weight`, { shape: [out, inner] });
  specs.set(`${name}.bias`, { shape: [out] });
}

function addNorm(specs: Map<string, TensorSpec>, name: string, width: number): void {
  for (const part of ["weight", "bias"]) specs.set(`${name}.${part}`, { shape: [width] });
}
