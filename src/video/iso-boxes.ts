/** A box at the top level of an ISO-BMFF file. `end` lies past the file's end where the file was cut off. */
export type TopLevelBox = {
  readonly type: string;
  readonly start: number;
  readonly headerBytes: number;
  readonly end: number;
};

/** The boxes inside a box's content that lies at [start, end) of `view`; a damaged header ends the list. */
export function childBoxes(view: DataView, start: number, end: number): TopLevelBox[] {
  const boxes: TopLevelBox[] = [];
  for (let at = start; at + 8 <= end; ) {
    const box = readHeader(view, at, at, end);
    if (!box || box.end > end) break;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

/** The first box at the end of `path` (e.g. `mdia`, `hdlr`) inside `box`, or null. */
export function findBox(view: DataView, box: TopLevelBox, ...path: string[]): TopLevelBox | null {
  let inside: TopLevelBox | undefined = box;
  for (const type of path) {
    inside = childBoxes(view, inside.start + inside.headerBytes, inside.end).find((child) => child.type === type);
    if (!inside) return null;
  }
  return inside;
}

/** The content of a box with a version and flags: where its fields begin, and what stands before them. */
export function fullBox(view: DataView, box: TopLevelBox): { at: number; version: number; flags: number } {
  const at = box.start + box.headerBytes;
  const word = view.getUint32(at);
  return { at: at + 4, version: word >>> 24, flags: word & 0xffffff };
}

/** Eight bytes as a number; exact up to 2⁵³. */
export function uint64(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

/**
 * The header of the box at `at` of `view`, which is `start` in its file; a box without a size reaches to `parentEnd`. Null where it is damaged.
 */
export function readHeader(view: DataView, at: number, start: number, parentEnd: number): TopLevelBox | null {
  const size32 = view.getUint32(at);
  const type = fourCc(view, at + 4);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return null;
  if (size32 === 0) return { type, start, headerBytes: 8, end: parentEnd };
  if (size32 !== 1) return size32 < 8 ? null : { type, start, headerBytes: 8, end: start + size32 };
  if (at + 16 > view.byteLength) return null;
  const size = uint64(view, at + 8);
  return size < 16 || !Number.isSafeInteger(start + size) ? null : { type, start, headerBytes: 16, end: start + size };
}

/** Four bytes as text. */
export function fourCc(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}
