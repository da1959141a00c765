import type { ModelChoice, PickedFile } from "../../library/types.ts";

type FilesChoice = Extract<ModelChoice, { kind: "files" }>;

/** What a file input gave: a folder's files with their paths in it, or files without. Null when nothing was picked. */
export function choiceFromInput(picked: FileList | null): FilesChoice | null {
  return fromFiles([...(picked ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** What was dropped, folders with all that is in them. To be called while the drop is handled: later there is nothing to read. */
export async function choiceFromDrop(data: DataTransfer): Promise<FilesChoice | null> {
  const items = [...data.items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files = items.map(async ({ entry, file }) => {
    if (entry) return filesOf(entry, entry.name);
    // Not of the disk, as what another page drags is not.
    return file ? [{ path: file.name, file }] : [];
  });
  return fromFiles((await Promise.all(files)).flat());
}

function fromFiles(files: readonly PickedFile[]): FilesChoice | null {
  const [first] = files;
  if (!first) return null;
  const [folder = ""] = first.path.split("/");
  const weights = files.find(({ path }) => /\.(safetensors|bin|pth|pt|st)$/i.test(path));
  return { kind: "files", name: first.path.includes("/") ? folder : (weights ?? first).path, files };
}

async function filesOf(entry: FileSystemEntry, path: string): Promise<PickedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const children: FileSystemEntry[] = [];
  // A folder is handed over in parts; an empty one is its end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) break;
    children.push(...part);
  }
  return (await Promise.all(children.map((child) => filesOf(child, `${path}/${child.name}`)))).flat();
}
