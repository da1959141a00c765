import { droppedToken } from "../../session/types.ts";

/** One kept token as an area of the picture; `path` is an SVG path in patch units, `size` its number of patches. */
type TokenRegion = { readonly token: number; readonly size: number; readonly path: string };

/**
 * Which patches of a frame became which token. The picture is `columns` × `columns` patches; paths are in patch units.
 * `dropped` covers the patches whose token was dropped (null: none), `borders` runs between patches of different tokens.
 */
export type TokenMap = {
  readonly columns: number;
  readonly patches: number;
  readonly regions: readonly TokenRegion[];
  readonly largest: number;
  readonly dropped: string | null;
  readonly borders: string;
};

/** Draws `owners`, the kept token of each patch, row by row over a square picture. */
export function mapTokens(owners: Uint16Array): TokenMap {
  const columns = Math.round(Math.sqrt(owners.length));
  const patchesOf = new Map<number, number[]>();
  owners.forEach((token, patch) => {
    const patches = patchesOf.get(token);
    if (patches) patches.push(patch);
    else patchesOf.set(token, [patch]);
  });
  const dropped = patchesOf.get(droppedToken);
  patchesOf.delete(droppedToken);
  const regions = [...patchesOf]
    .map(([token, patches]) => ({ token, size: patches.length, path: squares(patches, columns) }))
    .sort((a, b) => a.token - b.token);
  return {
    columns,
    patches: owners.length,
    regions,
    largest: Math.max(0, ...regions.map((region) => region.size)),
    dropped: dropped ? squares(dropped, columns) : null,
    borders: borderLines(owners, columns),
  };
}

function squares(patches: readonly number[], columns: number): string {
  return patches.map((patch) => `M${patch % columns} ${Math.floor(patch / columns)}h1v1h-1z`).join("");
}

function borderLines(owners: Uint16Array, columns: number): string {
  let path = "";
  owners.forEach((token, patch) => {
    const [x, y] = [patch % columns, Math.floor(patch / columns)];
    if (x + 1 < columns && owners[patch + 1] !== token) path += `M${x + 1} ${y}v1`;
    if (patch + columns < owners.length && owners[patch + columns] !== token) path += `M${x} ${y + 1}h1`;
  });
  return path;
}
