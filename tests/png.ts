import { crc32, deflateSync } from "node:zlib";

/** A PNG picture of 8-bit RGB pixels, row by row, three bytes each; its compressed pixels lie in `parts` chunks. */
export function writePng(width: number, height: number, rgb: Uint8Array, parts = 1): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Array.from({ length: height }, (_, y) => [0, ...rgb.subarray(3 * width * y, 3 * width * (y + 1))]);
  const pixels = deflateSync(Uint8Array.from(rows.flat()));
  const cut = (part: number) => Math.round((pixels.length * part) / parts);
  const data = Array.from({ length: parts }, (_, part) => pixels.subarray(cut(part), cut(part + 1)));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    ...data.map((part) => pngChunk("IDAT", part)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A chunk with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
