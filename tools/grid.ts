/** Side of the small pictures that grids are made from. */
export const pictureSize = 64;

const gridSize = 8;

/** A picture in 8 × 8 mean colours. [8, 8, 3], 0 to 255. */
export type Grid = readonly number[];

/**
 * The mean colours of a picture's 8 × 8 parts.
 *
 * @param at the value of one channel, by row and column of a picture of `pictureSize`
 */
export function toGrid(at: (channel: number, row: number, column: number) => number): Grid {
  const part = pictureSize / gridSize;
  return Array.from({ length: gridSize * gridSize * 3 }, (_, i) => {
    const [cell, channel] = [Math.floor(i / 3), i % 3];
    const [top, left] = [Math.floor(cell / gridSize) * part, (cell % gridSize) * part];
    let sum = 0;
    for (let y = 0; y < part; y++) for (let x = 0; x < part; x++) sum += at(channel, top + y, left + x);
    return Math.round((sum / (part * part)) * 10) / 10;
  });
}

/** Mean distance of two grids, in 8-bit steps. */
export function gridDistance(a: Grid, b: Grid): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}
