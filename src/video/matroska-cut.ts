import { FileWindow } from "./file-window.ts";

const [headerId, segmentId, clusterId] = [0x1a45dfa3, 0x18538067, 0x1f43b675];

/** An element: where its length stands and of how many bytes it is, and where its content begins and ends (null: not told). */
type Element = {
  readonly id: number;
  readonly lengthAt: number;
  readonly start: number;
  readonly end: number | null;
};

/**
 * A Matroska or WebM file whose last cluster was cut off, as if the cluster ended with its last whole block: readers take a cluster whole or not at all.
 * Other files are returned as they are.
 */
export async function withWholeCluster(file: Blob, signal?: AbortSignal): Promise<Blob> {
  const window = new FileWindow(file);
  const read = async (at: number): Promise<Element | null> => {
    if (!window.holds(at, at + 16)) await window.load(at, at + 16);
    return readElement(window.view(at, at + 16), at);
  };
  let at = 0;
  for (let element = await read(at); element; element = await read(at)) {
    signal?.throwIfAborted();
    const isCut = element.end !== null && element.end > file.size;
    if (element.id === clusterId && isCut) return endCluster(file, element, await lastWhole(read, element, file.size));
    if (element.id === segmentId) at = element.start;
    else if (element.end === null || isCut) return file;
    else at = element.end;
  }
  return file;
}

/** Whether another recording follows behind the first one in a Matroska or WebM file: readers end with the first. */
export async function isFollowed(file: Blob, signal?: AbortSignal): Promise<boolean> {
  const window = new FileWindow(file);
  for (let at = 0; at < file.size; ) {
    signal?.throwIfAborted();
    if (!window.holds(at, at + 16)) await window.load(at, at + 16);
    const element = readElement(window.view(at, at + 16), at);
    if (!element) return false;
    if (element.id === headerId && at > 0) return true;
    if (element.end !== null) at = element.end;
    // What was recorded live says nowhere how long it is.
    else if (element.id === segmentId || element.id === clusterId) at = element.start;
    else return false;
  }
  return false;
}

/** Where the last element ends that is in the file whole, inside a cluster that is not. */
async function lastWhole(
  read: (at: number) => Promise<Element | null>,
  cluster: Element,
  fileSize: number,
): Promise<number> {
  let at = cluster.start;
  for (let child = await read(at); child?.end != null && child.end <= fileSize; child = await read(at)) at = child.end;
  return at;
}

function endCluster(file: Blob, cluster: Element, end: number): Blob {
  const bytes = cluster.start - cluster.lengthAt;
  const length = Uint8Array.from({ length: bytes }, (_, i) => {
    const byte = Math.floor((end - cluster.start) / 256 ** (bytes - 1 - i)) & 255;
    return i === 0 ? byte | (0x80 >> (bytes - 1)) : byte;
  });
  return new Blob([file.slice(0, cluster.lengthAt), length, file.slice(cluster.start, end)]);
}

function readElement(view: DataView, at: number): Element | null {
  const first = view.byteLength > 0 ? view.getUint8(0) : 0;
  const idBytes = Math.clz32(first) - 23;
  if (first === 0 || idBytes > 4 || view.byteLength <= idBytes) return null;
  let id = 0;
  for (let i = 0; i < idBytes; i++) id = id * 256 + view.getUint8(i);
  const marked = view.getUint8(idBytes);
  const bytes = Math.clz32(marked) - 23;
  if (marked === 0 || view.byteLength < idBytes + bytes) return null;
  let length = marked & (0xff >> bytes);
  for (let i = 1; i < bytes; i++) length = length * 256 + view.getUint8(idBytes + i);
  const start = at + idBytes + bytes;
  const unknown = length === 2 ** (7 * bytes) - 1;
  return { id, lengthAt: at + idBytes, start, end: unknown ? null : start + length };
}
