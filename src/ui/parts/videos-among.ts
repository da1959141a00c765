/** Endings of videos whose type browsers do not tell, or tell wrongly. */
const videoEnding = /\.(mp4|m4v|mov|qt|webm|mkv|mk3d|ts|mts|m2ts|m2t|3gp|3g2|f4v|ogv|avi|flv|wmv|mpe?g)$/i;

const pictureEnding = /\.(gif|apng|webp|avif)$/i;

type Named = { readonly name: string; readonly type: string };

/**
 * The files among several that are most likely meant to be watched, in their order: all videos, else the moving pictures, else the other
 * pictures, else the first file.
 */
export function videosAmong<T extends Named>(files: readonly T[]): T[] {
  const kinds = [
    ({ name, type }: Named) => type.startsWith("video/") || videoEnding.test(name),
    ({ name }: Named) => pictureEnding.test(name),
    ({ type }: Named) => type.startsWith("image/"),
  ];
  const found = kinds.map((is) => files.filter(is)).find((those) => those.length > 0);
  return found ?? files.slice(0, 1);
}
