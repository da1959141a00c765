/** A box at the top level of an ISO-BMFF file. `end` lies past the file's end where the file was cut off. */
export type TopLevelBox = {
  readonly type: string;
  readonly start: number;
  readonly headerBytes: number;
  readonly end: number;
};

const maxBoxes = 400_000;

/**
 * The top-level boxes of an ISO-BMFF file, from 16-byte reads of their headers. A damaged header ends the walk; a box without a
 * size reaches to the file's end.
 */
export async function walkBoxes(file: Blob, signal?: AbortSignal): Promise<TopLevelBox[]> {
  const boxes: TopLevelBox[] = [];
  for (let at = 0; at + 8 <= file.size && boxes.length < maxBoxes; ) {
    signal?.throwIfAborted();
    const header = new DataView(await file.slice(at, at + 16).arrayBuffer());
    const box = readHeader(header, 0, at, file.size);
    if (!box) break;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

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

/** Makes parsers pass over a box, by renaming it to `free` in its bytes. */
export function hideBox(view: DataView, box: TopLevelBox): void {
  view.setUint32(box.start + 4, 0x66726565);
}

function readHeader(view: DataView, at: number, start: number, parentEnd: number): TopLevelBox | null {
  const size32 = view.getUint32(at);
  const type = fourCc(view, at + 4);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return null;
  if (size32 === 0) return { type, start, headerBytes: 8, end: parentEnd };
  if (size32 !== 1) return size32 < 8 ? null : { type, start, headerBytes: 8, end: start + size32 };
  if (at + 16 > view.byteLength) return null;
  const size = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
  return size < 16 || !Number.isSafeInteger(start + size) ? null : { type, start, headerBytes: 16, end: start + size };
}

/** Four bytes as text. */
export function fourCc(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}
