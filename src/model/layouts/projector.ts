import type { TensorMap } from "./mapped-source.ts";
import { type FoundPart, mapPart, shapeOf, type TensorSpec, unsupported, type WeightFolder } from "./part.ts";

/** The linear layers between picture encoder and language model, with our names. */
export type Projector = {
  readonly tensors: TensorMap;
  readonly depth: number;
  /** Width between the layers. */
  readonly hidden: number;
  readonly residualNorm: boolean;
};

/** Layers of a `Sequential`: `model` in xtuner's projector, `mlp` or `proj` in ModRWKV's adapter. */
const layer = /^((?:.*\.)?(?:model|mlp|proj))\.(\d{1,3})\.(weight|bias)$/;

/**
 * Finds a projector among a folder's tensors; null where there is none. A linear layer is every second one of its
 * `Sequential`: the activations between them have no tensors.
 *
 * @throws AuroraError `ModelUnsupported` for more than one, and for layers with nothing between them
 */
export function findProjector(folder: WeightFolder): FoundPart | null {
  const names = new Map<string, string>();
  const stems = new Set<string>();
  for (const name of folder.tensors.names) {
    const [, stem, index, part] = layer.exec(name) ?? [];
    if (stem === undefined) continue;
    stems.add(stem);
    if (Number(index) % 2 !== 0) throw unsupported(`has a projector of another kind (${name})`);
    names.set(`connector.${Number(index)}.${part}`, name);
  }
  const [stem, second] = stems;
  if (stem === undefined) return null;
  if (second !== undefined) throw unsupported(`has two projectors (${stem} and ${second})`);
  const prefix = stem.slice(0, stem.lastIndexOf(".") + 1);
  for (const part of ["weight", "bias"]) {
    const norm = `${prefix}pre_norm.${part}`;
    if (folder.tensors.info(norm)) names.set(`connector.norm.${part}`, norm);
  }
  return { folder, prefix, names, dropped: [] };
}

/**
 * Maps a projector's tensors to ours.
 *
 * @param from width of the picture encoder
 * @param to width of the language model
 * @throws AuroraError `ModelUnsupported`, `ModelCorrupt` naming tensors
 */
export function mapProjector(found: FoundPart, from: number, to: number): Projector {
  const depth = [...found.names.keys()].filter((name) => /^connector\.\d+\.weight$/.test(name)).length;
  const residualNorm = found.names.has("connector.norm.weight");
  const hidden = depth > 1 ? (shapeOf(found, "connector.0.weight")[0] ?? 0) : to;
  const specs = new Map<string, TensorSpec>();
  for (let n = 0; n < depth; n++) {
    const out = n === depth - 1 ? to : hidden;
    specs.set(`connector.${2 * n}.weight`, { shape: [out, n === 0 ? from : hidden] });
    specs.set(`connector.${2 * n}.bias`, { shape: [out] });
  }
  if (residualNorm) for (const part of ["weight", "bias"]) specs.set(`connector.norm.${part}`, { shape: [to] });
  return { tensors: mapPart(found, specs), depth, hidden, residualNorm };
}
