import { AuroraError } from "../../errors.ts";
import { EncoderMissing } from "../encoder-missing.ts";
import type { FileSet } from "../file-set.ts";
import { openWeightFolder } from "../open-weights.ts";
import { isWeightFile } from "../select-files.ts";
import { familyOf } from "./families.ts";
import { foreignFormat, refuseForeign } from "./foreign.ts";
import { type FoundLanguage, findLanguage } from "./language-names.ts";
import { type FoundPart, listNames, refuseUnknown, shapeOf, type WeightFolder } from "./part.ts";
import { findProjector } from "./projector.ts";
import { findVision } from "./vision.ts";

/** The parts of a model, and sentences for the person about what was left out. */
type Parts = {
  readonly language: FoundLanguage;
  /** What it sees through; null for a model for text only. */
  readonly sight: Sight | null;
  readonly notices: readonly string[];
};

/** A picture encoder, and the projector between it and the language model. */
export type Sight = { readonly vision: FoundPart; readonly projector: FoundPart };

/**
 * Opens every folder that has weights in it, the root first. What a trainer saved as it went (mmengine's `iter_2000.pth`) is
 * opened only where the model is not whole without it.
 *
 * @throws AuroraError `ModelNotFound` where there are none, `ModelUnsupported` for several models; errors of `openWeightFolder`
 */
export async function openFolders(files: FileSet): Promise<WeightFolder[]> {
  const released = files.files.filter(({ path }) => !/(^|\/)(iter|epoch)(_\d+)?\.pth$/.test(path));
  if (released.length < files.files.length) {
    const folders = await openAll({ ...files, files: released });
    if ([findVision, findLanguage, findProjector].every((find) => folders.some((folder) => find(folder))))
      return folders;
  }
  const folders = await openAll(files);
  if (folders.length === 0) throw noWeights(files);
  return folders;
}

async function openAll(files: FileSet): Promise<WeightFolder[]> {
  const paths = new Set(files.files.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf("/")))));
  const folders: WeightFolder[] = [];
  for (const path of [...paths].sort()) {
    const tensors = await openWeightFolder(files, path, (twice) => severalModels(files, path, twice.files));
    if (tensors) folders.push({ path, tensors });
  }
  return folders;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Files with the same tensors are models side by side, as authors put all sizes or versions into one repository. */
function severalModels(files: FileSet, path: string, sources: ReadonlyMap<string, WeightFolder["tensors"]>) {
  // Which one is chosen does not matter where none can be run.
  const folders = [...sources.values()].map((tensors) => ({ path, tensors }));
  refuseForeign(files, folders);
  const message = `${files.label} holds several models, each in a file of its own: ${listNames([...sources.keys()], 8)}.`;
  const names = new Set([...sources.keys()].map((name) => (path === "" ? name : `${path}/${name}`)));
  const isAll = files.files.every((file) => names.has(file.path) || !isWeightFile(nameOf(file.path)));
  const advice = "Choose one of these files, with what else belongs to it; on a hub by that file's address";
  if (isAll && folders.every((folder) => findLanguage(folder) && !findVision(folder) && !findProjector(folder)))
    return new AuroraError(
      "ModelUnsupported",
      `${message} All are RWKV for text only: they can chat, but not see. ${advice}.`,
    );
  return new AuroraError("ModelUnsupported", `${message} ${advice}.`);
}

/**
 * Finds the parts of a model: all three, or a language model alone; nothing may be left over.
 *
 * @throws AuroraError `ModelUnsupported` that says what the model is or lacks
 */
export function findParts(files: FileSet, folders: readonly WeightFolder[]): Parts {
  refuseForeign(files, folders);
  const found = {
    vision: folders.map(findVision).filter((part) => part !== null),
    language: folders.map(findLanguage).filter((part) => part !== null),
    projector: folders.map(findProjector).filter((part) => part !== null),
  };
  const projector = pick(files, "a projector between picture encoder and language model", inFolders(found.projector));
  const vision = pick(files, "a picture encoder (SigLIP)", inFolders(found.vision));
  const language = pick(files, "a language model (RWKV-6 or RWKV-7)", ownFolder(found.language));
  if (!language)
    throw vision ? lacking(files, "a language model (RWKV-6 or RWKV-7)") : encoderLacking(files, projector);
  const sight = vision || projector ? bothOf(files, vision, projector) : null;
  const known = new Set<string>();
  for (const { folder, names, dropped } of [...found.vision, ...found.language, ...found.projector])
    for (const name of [...names.values(), ...dropped]) known.add(`${folder.path}/${name}`);
  const unknown = folders.flatMap(({ path, tensors }) => tensors.names.filter((name) => !known.has(`${path}/${name}`)));
  refuseUnknown(unknown);
  return { language, sight, notices: folders.flatMap(describeUnread) };
}

function bothOf(files: FileSet, vision: FoundPart | null, projector: FoundPart | null): Sight {
  if (!vision) throw encoderLacking(files, projector);
  if (!projector) throw lacking(files, "a projector between picture encoder and language model");
  return { vision, projector };
}

/**
 * Where a release has a part in a folder and in the root's file too, the folder's is the one to use: the root's is what
 * was left of training, in lower precision.
 */
function inFolders(candidates: readonly FoundPart[]): readonly FoundPart[] {
  const apart = candidates.filter(({ folder }) => folder.path !== "");
  return apart.length > 0 ? apart : candidates;
}

/** A language model that has a folder of its own beside such a root; any other folder could hold another model. */
function ownFolder(candidates: readonly FoundLanguage[]): readonly FoundLanguage[] {
  const apart = candidates.filter(({ folder }) => /(^|\/)(llm|language_model)$/.test(folder.path));
  return apart.length > 0 ? apart : candidates;
}

/** The one that there is; null for none. @throws AuroraError `ModelUnsupported` for several */
function pick<T extends FoundPart>(files: FileSet, what: string, candidates: readonly T[]): T | null {
  if (candidates.length < 2) return candidates[0] ?? null;
  const places = candidates.map(({ folder }) => folder.path || "the folder itself");
  const shown = `${places.slice(0, -1).join(", ")} and ${places.at(-1)}`;
  const times = places.length === 2 ? "twice" : `${places.length} times`;
  throw new AuroraError("ModelUnsupported", `${files.label} has ${what} ${times}: in ${shown}. Choose only one.`);
}

function lacking({ label }: FileSet, what: string): AuroraError {
  const message = `The weights in ${label} lack ${what}.`;
  return new AuroraError("ModelUnsupported", `${message} Choose it together with the other files of the model.`);
}

/** The encoder that every released ModRWKV and WorldRWKV was trained with, and the width by which it is known. */
const modRwkvEncoder = { id: "google/siglip2-base-patch16-384", width: 768 };

/** The error for a model without its encoder, which says where that is where it is known. */
function encoderLacking(files: FileSet, projector: FoundPart | null): AuroraError {
  const what = "a picture encoder (SigLIP)";
  if (!projector || familyOf(projector).name === "AuroraLong") return lacking(files, what);
  const { id, width } = modRwkvEncoder;
  const message = (which: string) =>
    `The weights in ${files.label} lack ${what}. ${which} ${id}: download both models' files, and choose them together.`;
  const inputs = shapeOf(projector, "connector.0.weight").at(-1);
  if (inputs === width) return new EncoderMissing(message("It was trained with"), id);
  return new AuroraError("ModelUnsupported", message("Released models of its kind belong to"));
}

/** What was read past in a folder's files. Its copies of positions are known to be of no use. */
function describeUnread({ path, tensors }: WeightFolder): string[] {
  const left = [...(tensors.unread ?? [])].filter(([entry]) => !/(^|\.)pos_emb$/.test(entry));
  return left.map(([entry, request]) => {
    const place = path === "" ? "the weights" : path;
    return `The entry ${entry} of ${place} asks for ${request}, which is not known here: it was left out, and nothing was run.`;
  });
}

/** The error for files that hold no weights, or none in a format that can be read. */
export function noWeights(files: FileSet): AuroraError {
  const foreign = files.files.map(({ path }) => path).find((path) => foreignFormat(path) !== null);
  if (foreign !== undefined) {
    const message = `${files.label} has its weights in a format that this app cannot read: ${foreignFormat(foreign)} (${foreign}).`;
    return new AuroraError("ModelUnsupported", `${message} Use the model's safetensors or PyTorch files.`);
  }
  const message = `${files.label} has no weights in it (.safetensors, .st, .bin, .pth or .pt).`;
  return new AuroraError("ModelNotFound", `${message} Choose a model's folder, or its files.`);
}
