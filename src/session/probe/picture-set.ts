import type { AppFiles } from "../../library/model-assets.ts";
import { Fields } from "../../model/fields.ts";

/** Pictures with captions, and words without pictures, by which a model shows whether it is read as it was trained. */
export type PictureSet = {
  /** What is asked about each picture. */
  readonly question: string;
  readonly pictures: readonly { readonly caption: string; readonly content: Blob }[];
  /** Texts that make sense, each by itself or as the answer to a question. */
  readonly passage: readonly { readonly question: string | null; readonly text: string }[];
  readonly bounds: LanguageBounds;
};

/** When a model is held to read its own language: nats a token. */
export type LanguageBounds = {
  /** Most that the passage may cost. */
  readonly most: number;
  /** Least that it must cost more with its words in disorder. */
  readonly gap: number;
};

/** A 1.6B model read rightly has 2.5 to 3.5 on prose, one read wrongly more than 6. The built-in model knows few words. */
const bounds = { photographs: { most: 4.5, gap: 1 }, drawn: { most: 2.6, gap: 8 } };

/** @throws AuroraError `DownloadFailed`, `ModelNotFound`, `ModelCorrupt` or `Aborted` */
export async function openPictureSet(files: AppFiles, name: keyof typeof bounds): Promise<PictureSet> {
  const folder = `probe/${name}`;
  const text = new TextDecoder().decode(await files.read(`${folder}/set.json`));
  const fields = new Fields("set.json", "", JSON.parse(text));
  const listed = fields.raw("pictures") as { file: string; caption: string }[];
  const pictures = listed.map(async ({ file, caption }) => {
    return { caption, content: new Blob([await files.read(`${folder}/${file}`)]) };
  });
  return {
    question: fields.text("question"),
    pictures: await Promise.all(pictures),
    passage: fields.raw("passage") as PictureSet["passage"],
    bounds: bounds[name],
  };
}

/** The words of a text in another order, the same each time. */
export function shuffleWords(text: string): string {
  const words = text.split(/\s+/);
  let random = words.length;
  for (let last = words.length - 1; last > 0; last--) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((random / 2 ** 32) * (last + 1));
    [words[last], words[other]] = [words[other] as string, words[last] as string];
  }
  return words.join(" ");
}
