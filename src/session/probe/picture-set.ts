import type { AppFiles } from "../../library/model-assets.ts";
import type { Quantization } from "../../model/config.ts";
import { Fields } from "../../model/fields.ts";

/** Pictures with captions, and words without pictures, by which a model shows whether it is read as it was trained. */
export type PictureSet = {
  /** What is asked about each picture. */
  readonly question: string;
  readonly pictures: readonly { readonly caption: string; readonly content: Blob }[];
  /** Texts that make sense, each by itself or as the answer to a question. */
  readonly passage: readonly { readonly question: string | null; readonly text: string }[];
  readonly bounds: Bounds;
};

/** When a model is held to read: nats a token. */
export type Bounds = {
  /** Most that the passage may cost. */
  readonly most: number;
  /** Least that it must cost more with its words in disorder. */
  readonly gap: number;
  /** Most that the right captions may cost after their pictures. */
  readonly pictures: number;
};

type PictureSetName = "photographs" | "drawn";

/**
 * A 1.6B model read rightly has 2.5 to 3.5 on prose, one read wrongly more than 6; what its pictures should cost nobody could
 * measure. The built-in model has 2.01 and 14.0 on its words, and 0.19 on its captions; most damage to one of its tensors
 * takes it past one of these bounds.
 */
const bounds: Readonly<Record<PictureSetName, Bounds>> = {
  photographs: { most: 4.5, gap: 1, pictures: Number.POSITIVE_INFINITY },
  drawn: { most: 2.35, gap: 8, pictures: 0.26 },
};

/** Few bits cost a model something of both: how much more it may have. */
const slack = { f16: 1, int8: 1.1, int4: 1.6 };

/** @throws AuroraError `DownloadFailed`, `ModelNotFound`, `ModelCorrupt` or `Aborted` */
export async function openPictureSet(
  files: AppFiles,
  name: PictureSetName,
  quantization: Quantization = "f16",
): Promise<PictureSet> {
  const folder = `probe/${name}`;
  const text = new TextDecoder().decode(await files.read(`${folder}/set.json`));
  const fields = new Fields("set.json", "", JSON.parse(text));
  const listed = fields.raw("pictures") as { file: string; caption: string }[];
  const opened = listed.map(async ({ file, caption }) => {
    return { caption, content: new Blob([await files.read(`${folder}/${file}`)]) };
  });
  const { most, gap, pictures } = bounds[name];
  return {
    question: fields.text("question"),
    pictures: await Promise.all(opened),
    passage: fields.raw("passage") as PictureSet["passage"],
    bounds: { gap, most: most * slack[quantization], pictures: pictures * slack[quantization] },
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
