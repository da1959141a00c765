import { readFile } from "node:fs/promises";

/** A file of tests/fixtures/media. */
export async function media(name: string): Promise<Blob> {
  return new Blob([await readFile(new URL(`../../fixtures/media/${name}`, import.meta.url))]);
}

/** Position of `text` in a file, from `start` on. */
export async function find(file: Blob, text: string, start = 0): Promise<number> {
  const at = Buffer.from(await file.arrayBuffer()).indexOf(text, start, "latin1");
  if (at < 0) throw new Error(`no ${text} in the file`);
  return at;
}
