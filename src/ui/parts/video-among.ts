/** Endings of videos whose type browsers do not tell, or tell wrongly. */
const videoEnding = /\.(mp4|m4v|mov|qt|webm|mkv|mk3d|ts|mts|m2ts|m2t|3gp|3g2|f4v|ogv|avi|flv|wmv|mpe?g)$/i;

const pictureEnding = /\.(gif|apng|webp|avif)$/i;

/** The file among several that is most likely meant to be watched; undefined where there is none at all. */
export function videoAmong<T extends { readonly name: string; readonly type: string }>(
  files: readonly T[],
): T | undefined {
  return (
    files.find(({ type }) => type.startsWith("video/")) ??
    files.find(({ name }) => videoEnding.test(name)) ??
    files.find(({ name }) => pictureEnding.test(name)) ??
    files.find(({ type }) => type.startsWith("image/")) ??
    files[0]
  );
}
