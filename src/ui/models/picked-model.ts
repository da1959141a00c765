import type { ModelChoice, PickedFile } from "../../library/types.ts";
import { readDropped } from "../parts/dropped-files.ts";

type FilesChoice = Extract<ModelChoice, { kind: "files" }>;

/** What a file input gave: a folder's files with their paths in it, or files without. Null when nothing was picked. */
export function choiceFromInput(picked: FileList | null): FilesChoice | null {
  return fromFiles([...(picked ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** What was dropped, folders with all that is in them. To be called while the drop is handled: later there is nothing to read. */
export async function choiceFromDrop(data: DataTransfer): Promise<FilesChoice | null> {
  return fromFiles(await readDropped(data));
}

function fromFiles(files: readonly PickedFile[]): FilesChoice | null {
  const [first] = files;
  if (!first) return null;
  const [folder = ""] = first.path.split("/");
  const weights = files.find(({ path }) => /\.(safetensors|bin|pth|pt|st)$/i.test(path));
  return { kind: "files", name: first.path.includes("/") ? folder : (weights ?? first).path, files };
}
