/** A file, and its path in the folder that it was dropped or picked in; its name alone where that was none. */
export type DroppedFile = { readonly path: string; readonly file: File };

/** What was dropped, folders with all that is in them. To be called while the drop is handled: later there is nothing to read. */
export async function readDropped(data: DataTransfer): Promise<DroppedFile[]> {
  const items = [...data.items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files = items.map(async ({ entry, file }) => {
    if (entry) return filesOf(entry, entry.name);
    // Not of the disk, as what another page drags is not.
    return file ? [{ path: file.name, file }] : [];
  });
  return (await Promise.all(files)).flat();
}

async function filesOf(entry: FileSystemEntry, path: string): Promise<DroppedFile[]> {
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
