import { createBlobReader } from "../bytes/blob-reader.ts";
import { AuroraError } from "../errors.ts";
import type { FileSet } from "../model/file-set.ts";
import { selectModelFiles } from "../model/select-files.ts";

/** A picked file with its path in what was picked. */
type PickedFile = { readonly path: string; readonly file: Blob };

/**
 * Files that a person picked, read where they lie. The folder that all of them lie in is no part of their paths.
 *
 * @param name what was picked, for messages
 * @throws AuroraError `ModelNotFound` when none of them can be part of a model
 */
export function createPickedFiles(name: string, picked: readonly PickedFile[]): FileSet {
  const common = commonFolder(picked.map(({ path }) => path));
  const blobs = new Map(picked.map(({ path, file }) => [path.slice(common.length), file]));
  const all = [...blobs].map(([path, { size }]) => ({ path, byteLength: size, sha256: null }));
  // Sorted, so that the order in which a browser lists a folder has no say in anything.
  const files = selectModelFiles(all).sort((a, b) => (a.path < b.path ? -1 : 1));
  if (files.length === 0) {
    throw new AuroraError(
      "ModelNotFound",
      `${name} has no model in it. Pick a folder with config.json and weights (.safetensors, .bin, .pth).`,
    );
  }
  return {
    label: name,
    files,
    async open(path) {
      const blob = blobs.get(path);
      if (!blob) throw new AuroraError("ModelNotFound", `${name} has no file ${path}. Pick the whole folder.`);
      return createBlobReader(path, blob);
    },
  };
}

/** The longest path, with a "/" at its end, that all files lie below; "" where there is none. */
function commonFolder(paths: readonly string[]): string {
  const [first = ""] = paths;
  let folder = first.slice(0, first.lastIndexOf("/") + 1);
  while (!paths.every((path) => path.startsWith(folder)))
    folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
  return folder;
}
