import type { FileSet } from "../file-set.ts";

/** A card or licence longer than this is something else. */
const longest = 1 << 20;

/** The texts at the root that go along with the weights: the model's card and licences. */
export function findDocuments(files: FileSet): { readonly file: string; read(): Promise<Uint8Array> }[] {
  return files.files
    .filter(({ path, byteLength }) => {
      const isText = /^(readme|licen[cs]e|notice)(\.(md|txt))?$/i.test(path);
      return isText && byteLength !== null && byteLength <= longest;
    })
    .map(({ path }) => ({
      file: path,
      async read() {
        const reader = await files.open(path);
        return reader.read(0, reader.byteLength);
      },
    }));
}

/** The licence that the model's card names in the lines at its head (`license: mit`); "unknown" where it names none. */
export async function readLicense(files: FileSet): Promise<string> {
  const card = findDocuments(files).find(({ file }) => file === "README.md");
  if (!card) return "unknown";
  const text = new TextDecoder().decode(await card.read());
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? "";
  return /^license:[ \t]*["']?([\w.+-]+)/m.exec(head)?.[1] ?? "unknown";
}
