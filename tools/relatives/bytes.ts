/** What is done to a file's bytes after ffmpeg wrote it. */
export type Change = (file: Buffer) => Buffer;

/** Positions of the type of every box of that type. */
function boxesOf(file: Buffer, type: string): number[] {
  const found: number[] = [];
  for (let at = file.indexOf(type, 0, "latin1"); at >= 0; at = file.indexOf(type, at + 4, "latin1")) {
    const size = file.readUInt32BE(Math.max(0, at - 4));
    if (size >= 8 && at - 4 + size <= file.length) found.push(at);
  }
  return found;
}

/** Writes 32 bits at `offset` behind the type of the first box of that type (of all, where `every`). */
export function inBox(type: string, offset: number, value: number, every = false): Change {
  return (file) => {
    const found = boxesOf(file, type);
    if (found.length === 0) throw new Error(`no ${type}`);
    for (const at of every ? found : found.slice(0, 1)) file.writeUInt32BE(value >>> 0, at + 4 + offset);
    return file;
  };
}

/** Gives a box a type that nobody knows. */
export function without(type: string): Change {
  return (file) => {
    for (const at of boxesOf(file, type)) file.write("free", at, "latin1");
    return file;
  };
}

/** A box of ISO media files. */
export function isoBox(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
}

/** The file behind other bytes. */
export function after(front: Buffer): Change {
  return (file) => Buffer.concat([front, file]);
}

/** The file's first `part`, 0 to 1. */
export function first(part: number): Change {
  return (file) => file.subarray(0, Math.round(file.length * part));
}

/** The file from byte `from` on. */
export function fromByte(from: number): Change {
  return (file) => file.subarray(from);
}

/** The matrix of the first track header: a, b, c, d of its upper left, in whole numbers. */
export function turned(a: number, b: number, c: number, d: number): Change {
  return (file) => {
    const [tkhd] = boxesOf(file, "tkhd");
    if (tkhd === undefined) throw new Error("no tkhd");
    const at = tkhd + 4 + 40; // version 0
    for (const [i, value] of [a, b, 0, c, d].entries()) file.writeInt32BE(value * 65536, at + 4 * i);
    return file;
  };
}
