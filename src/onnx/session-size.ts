/** Bytes of f32 weights that one session may have, unless told otherwise: copies of them exist while it is loaded. */
export const defaultBytes = 256 << 20;

/** Bytes of the matrices of a transformer's block in f32. */
export function blockBytes({ width, inner }: { readonly width: number; readonly inner: number }): number {
  return 4 * (4 * width ** 2 + 2 * width * inner);
}

/** Cuts a list into runs of at most so many bytes, but for one that is larger by itself. */
export function cutBySize<T>(list: readonly T[], bytesOf: (each: T) => number, most = defaultBytes): T[][] {
  const runs: T[][] = [[]];
  let bytes = 0;
  for (const each of list) {
    const more = bytesOf(each);
    if (bytes > 0 && bytes + more > most) {
      runs.push([]);
      bytes = 0;
    }
    runs.at(-1)?.push(each);
    bytes += more;
  }
  return runs;
}
