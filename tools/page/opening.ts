import type { OpenedVideo } from "../../src/video/frame-source.ts";
import { openVideo } from "../../src/video/open-video.ts";

export type OpeningFigures = { readonly seconds: number; readonly pictures: number; readonly reports: number };

let open: OpenedVideo | null = null;

/** Opens the first of the files and keeps it open until the next call; without a file it only closes the last one. */
export async function opening(_: object, files: readonly File[]): Promise<OpeningFigures> {
  open?.close();
  open = null;
  const [file] = files;
  if (!file) return { seconds: 0, pictures: 0, reports: 0 };
  let reports = 0;
  const begin = performance.now();
  open = await openVideo(file, { onProgress: () => reports++ });
  return { seconds: (performance.now() - begin) / 1000, pictures: open.pictures, reports };
}
