import { crc32 } from "node:zlib";
import { ToolError } from "./run-tool.ts";

/** The bytes of a PNG file; `path` is for messages. */
export type Picture = { readonly path: string; readonly bytes: Uint8Array };

type Chunk = { readonly type: string; readonly data: Uint8Array };

const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** Chunks that say what the pixels' bytes mean; those of the first picture hold for all. */
const meaning = ["IHDR", "PLTE", "tRNS"];

/**
 * Joins PNG pictures into an animated PNG that shows each for 1 / `fps` seconds (https://www.w3.org/TR/png-3/#4Animation).
 * Compressed pixels are taken over as they are. The joined file has no other chunks: no colour profile, no text.
 *
 * @throws ToolError naming a picture that is damaged, or differs from the first in size or kind
 */
export function joinPictures(pictures: readonly Picture[], fps: number): Buffer {
  const parsed = pictures.map(({ path, bytes }) => ({ path, chunks: readChunks(path, bytes) }));
  const [first] = parsed;
  if (!first) throw new ToolError("There are no pictures to join.");
  const head = writeChunks(first.chunks.filter(({ type }) => meaning.includes(type)));
  for (const { path, chunks } of parsed) {
    if (!head.equals(writeChunks(chunks.filter(({ type }) => meaning.includes(type)))))
      throw new ToolError(`VideoUnreadable: ${path} differs from ${first.path} in size or kind of pixels.`);
  }
  const [header, ...palette] = first.chunks.filter(({ type }) => meaning.includes(type));
  const animation = { type: "acTL", data: numbers(pictures.length, 1) }; // how many frames; played once
  let sequence = 0;
  const frames = parsed.flatMap(({ chunks }, i) => {
    const pixels = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
    const control = { type: "fcTL", data: frameControl(sequence++, header as Chunk, fps) };
    if (i === 0) return [control, { type: "IDAT", data: pixels }];
    return [control, { type: "fdAT", data: Buffer.concat([numbers(sequence++), pixels]) }];
  });
  const end = { type: "IEND", data: new Uint8Array(0) };
  return Buffer.concat([signature, writeChunks([header as Chunk, animation, ...palette, ...frames, end])]);
}

/** A frame that covers the whole picture, replaces what was there (transparency too), and stays for 1 / `fps` seconds. */
function frameControl(sequence: number, header: Chunk, fps: number): Buffer {
  const size = header.data.subarray(0, 8); // width and height, as in IHDR
  const timing = Buffer.alloc(6); // delay's numerator and denominator; dispose and blend operations 0
  timing.writeUInt16BE(1, 0);
  timing.writeUInt16BE(fps, 2);
  return Buffer.concat([numbers(sequence), size, numbers(0, 0), timing]);
}

/** A picture's chunks up to IEND, with their checksums verified. */
function readChunks(path: string, bytes: Uint8Array): Chunk[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!file.subarray(0, 8).equals(signature)) throw new ToolError(`VideoUnreadable: ${path} is not a PNG picture.`);
  const chunks: Chunk[] = [];
  let at = 8;
  while (chunks.at(-1)?.type !== "IEND") {
    if (at + 12 > file.length || at + 12 + file.readUInt32BE(at) > file.length)
      throw new ToolError(`VideoUnreadable: ${path} is cut off.`);
    const end = at + 8 + file.readUInt32BE(at);
    if (crc32(file.subarray(at + 4, end)) !== file.readUInt32BE(end))
      throw new ToolError(`VideoUnreadable: ${path} is damaged: a checksum does not fit its content.`);
    chunks.push({ type: file.toString("latin1", at + 4, at + 8), data: file.subarray(at + 8, end) });
    at = end + 4;
  }
  if (chunks[0]?.type !== "IHDR" || chunks[0].data.length !== 13 || !chunks.some(({ type }) => type === "IDAT"))
    throw new ToolError(`VideoUnreadable: ${path} is damaged: it has no pixels.`);
  return chunks;
}

function writeChunks(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(
    chunks.flatMap(({ type, data }) => {
      const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
      return [numbers(data.length), content, numbers(crc32(content))];
    }),
  );
}

/** Big-endian u32s. */
function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
}
