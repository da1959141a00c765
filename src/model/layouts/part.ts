import { AuroraError } from "../../errors.ts";
import { corruptFile } from "../fields.ts";
import type { TensorSource } from "../tensors.ts";
import type { MappedTensor } from "./mapped-source.ts";

/** The weights that lie in one folder of a checkpoint. */
export type WeightFolder = {
  /** "" for the root. */
  readonly path: string;
  readonly tensors: TensorSource;
};

/** Tensors of a folder that are one part of a model: language model, picture encoder or projector. */
export type FoundPart = {
  readonly folder: WeightFolder;
  /** What comes before the part's own names in the folder's. */
  readonly prefix: string;
  /** Our names → the folder's. Names that turn out not to be ours are among them. */
  readonly names: ReadonlyMap<string, string>;
  /** Our names of those that are one row of a tensor of the folder's → which row. */
  readonly rows?: ReadonlyMap<string, number>;
  /** The folder's names that belong to the part and are not needed. */
  readonly dropped: readonly string[];
};

/** What a part's tensor has to be. */
export type TensorSpec = {
  readonly shape: readonly number[];
  /** `either`: some layouts have the last two axes swapped; `swapped`: as `either`, and where both fit it is swapped. */
  readonly axes?: "either" | "swapped";
};

/**
 * Maps a part's tensors to those that a model has to have.
 *
 * @throws AuroraError `ModelUnsupported` for tensors that no such model has, `ModelCorrupt` for missing ones and wrong shapes
 */
export function mapPart(part: FoundPart, specs: ReadonlyMap<string, TensorSpec>): Map<string, MappedTensor> {
  const unknown = [...part.names].filter(([ours]) => !specs.has(ours)).map(([, theirs]) => theirs);
  refuseUnknown(unknown);
  const missing = [...specs.keys()].filter((ours) => !part.names.has(ours));
  if (missing.length > 0)
    throw corruptFile("weights", `are not whole: ${describeNames(missing)} missing${describeUnread(part, missing)}`);
  const map = new Map<string, MappedTensor>();
  for (const [ours, spec] of specs) map.set(ours, mapTensor(part, ours, spec));
  return map;
}

/** @throws AuroraError `ModelUnsupported` naming the tensors, where there are any */
export function refuseUnknown(names: readonly string[]): void {
  if (names.length > 0) throw unsupported(`has tensors that this app does not know: ${listNames(names)}`);
}

/** Why the first of some missing tensors is not there, where its file has an entry of that name that cannot be read. */
function describeUnread({ folder, prefix }: FoundPart, missing: readonly string[]): string {
  for (const [entry, request] of folder.tensors.unread ?? []) {
    if (missing.some((ours) => ours === entry || ours.endsWith(`.${entry.slice(prefix.length)}`)))
      return ` (${entry} asks for ${request}, which this app does not know)`;
  }
  return "";
}

function mapTensor({ folder, names, rows }: FoundPart, ours: string, { shape, axes }: TensorSpec): MappedTensor {
  const name = names.get(ours) ?? ours;
  const row = rows?.get(ours);
  const whole = folder.tensors.info(name)?.shape ?? [];
  const found = row === undefined ? whole : whole.slice(1);
  const swapped = [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
  const straightFits = fits(found, shape);
  const swappedFits = axes !== undefined && fits(found, swapped);
  if (!straightFits && !swappedFits) {
    const expected = `[${shape.join(", ")}]`;
    throw corruptFile("weights", `do not fit together: ${name} has shape [${found.join(", ")}], expected ${expected}`);
  }
  const transpose = swappedFits && (axes === "swapped" || !straightFits);
  return { source: folder.tensors, name, shape, transpose, ...(row !== undefined && { row }) };
}

/** Equal but for axes of size 1. */
function fits(found: readonly number[], wanted: readonly number[]): boolean {
  return found.filter((size) => size !== 1).join() === wanted.filter((size) => size !== 1).join();
}

/** Shape of a part's tensor; empty where there is none. */
export function shapeOf({ folder, names }: FoundPart, ours: string): readonly number[] {
  const name = names.get(ours);
  return (name === undefined ? null : folder.tensors.info(name)?.shape) ?? [];
}

/** How many blocks names like `blocks.3.…` speak of. */
export function countBlocks(names: Iterable<string>, block: RegExp): number {
  let count = 0;
  for (const name of names) count = Math.max(count, Number(block.exec(name)?.[1] ?? -1) + 1);
  return count;
}

/** A refusal; `what` continues "This model …". */
export function unsupported(what: string, advice = "Choose another model"): AuroraError {
  return new AuroraError("ModelUnsupported", `This model ${what}. ${advice}.`);
}

function describeNames(names: readonly string[]): string {
  return `${listNames(names)} ${names.length === 1 ? "is" : "are"}`;
}

/** The first few names, and how many there are. */
export function listNames(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(", ");
  return names.length <= most ? shown : `${shown} and ${names.length - most} more (${names.length} in all)`;
}
