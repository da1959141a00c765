/** Endings of videos whose type browsers do not tell, or tell wrongly. */
const videoEnding = /\.(mp4|m4v|mov|qt|webm|mkv|mk3d|ts|mts|m2ts|m2t|3gp|3g2|f4v|ogv|avi|flv|wmv|mpe?g)$/i;

const pictureEnding = /\.(gif|apng|webp|avif)$/i;

type Named = { readonly name: string; readonly type: string };

const kinds: readonly ((file: Named) => boolean)[] = [
  ({ name, type }) => type.startsWith("video/") || videoEnding.test(name),
  ({ name }) => pictureEnding.test(name),
  ({ type }) => type.startsWith("image/"),
];

/** Whether a file is likely meant to be watched. */
export function isWatchable(file: Named): boolean {
  return kinds.some((is) => is(file));
}

/**
 * The files among several that are most likely meant to be watched, in their order: all videos, else the moving pictures, else the other
 * pictures, else the first file.
 */
export function videosAmong<T extends Named>(files: readonly T[]): T[] {
  const found = kinds.map((is) => files.filter(is)).find((those) => those.length > 0);
  return found ?? files.slice(0, 1);
}
