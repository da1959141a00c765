import { type FileStore, writeFile } from "../src/storage/file-store.ts";

const bytesOf = async (blob: Blob | null) => (blob ? [...new Uint8Array(await blob.arrayBuffer())] : null);

/** Uses a store in every way there is, and tells what it saw; all stores must show `expectedOfStore`. */
export async function exerciseStore(store: FileStore): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  seen.nothing = [await store.read("x/y"), await store.folders("x"), await store.usedBytes("x")];
  await store.remove("x/y");

  const writer = await store.openWriter("x/deep/file");
  await writer.append(Uint8Array.of(1, 2, 3));
  await writer.append(new Uint8Array(0));
  await writer.append(Uint8Array.of(0, 4, 5, 0).subarray(1, 3));
  seen.appended = [writer.byteLength, [...(await writer.read(1, 5))]];
  await writer.truncate(2);
  await writer.truncate(100);
  await writer.append(Uint8Array.of(9));
  await writer.close();
  seen.written = await bytesOf(await store.read("x/deep/file"));
  seen.slice = await bytesOf(((await store.read("x/deep/file")) as Blob).slice(1, 2));

  const again = await store.openWriter("x/deep/file");
  seen.reopened = [again.byteLength, [...(await again.read(0, 3))]];
  await again.append(Uint8Array.of(10));
  await again.close();

  await writeFile(store, "x/other/small", Uint8Array.of(1, 2));
  await writeFile(store, "x/other/small", Uint8Array.of(7));
  seen.replaced = await bytesOf(await store.read("x/other/small"));
  seen.folders = [(await store.folders("x")).toSorted(), await store.folders("x/deep"), await store.usedBytes("x")];
  seen.noFile = [await store.read("x/deep"), await store.folders("x/deep/file")];

  // Longer than what is handed on at a time anywhere.
  const piece = Uint8Array.from({ length: 1 << 20 }, (_, i) => i % 251);
  const long = await store.openWriter("x/long");
  for (let i = 0; i < 20; i++) {
    piece[0] = i;
    await long.append(piece);
  }
  await long.close();
  const blob = (await store.read("x/long")) as Blob;
  const starts: number[] = [];
  for (let i = 0; i < 20; i++)
    starts.push(new Uint8Array(await blob.slice(i << 20, (i << 20) + 1).arrayBuffer())[0] ?? -1);
  seen.long = [blob.size, starts];

  await store.remove("x/deep/file");
  seen.removedFile = [await store.read("x/deep/file"), await store.usedBytes("x/deep")];
  await store.remove("x");
  seen.removedFolder = [await store.read("x/long"), await store.folders("x"), await store.usedBytes("x")];
  return seen;
}

export const expectedOfStore = {
  nothing: [null, [], 0],
  appended: [5, [2, 3, 4, 5]],
  written: [1, 2, 9],
  slice: [2],
  reopened: [3, [1, 2, 9]],
  replaced: [7],
  folders: [["deep", "other"], [], 5],
  noFile: [null, []],
  long: [20 << 20, Array.from({ length: 20 }, (_, i) => i)],
  removedFile: [null, 0],
  removedFolder: [null, [], 0],
};
