import type { RangeReader } from "../bytes/range-reader.ts";
import { AuroraError } from "../errors.ts";
import { corruptFile } from "./fields.ts";

/** A file inside a zip file. */
export type ZipEntry = {
  readonly name: string;
  /** Length of the content. */
  readonly byteLength: number;
  readonly headerOffset: number;
  /** Whether the content lies in the file as it is: neither compressed nor encrypted. */
  readonly plain: boolean;
};

/** The directory of a zip file. */
export type ZipFile = {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /**
   * Where an entry's content begins in the file; it ends `byteLength` bytes later, inside the file.
   * @throws AuroraError `ModelCorrupt`; `ModelUnsupported` when the entry is not plain; errors of the reader
   */
  locate(entry: ZipEntry): Promise<number>;
};

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const entrySignature = 0x02014b50;
const headerSignature = 0x04034b50;

const endLength = 22;
const locator64Length = 20;
/** The record at the end may be followed by a comment of up to 65,535 bytes. */
const tailLength = locator64Length + endLength + 0xffff;
/** A directory of half a million entries; keeps what is read at once bounded. */
const maxDirectoryLength = 1 << 25;

/**
 * Opens a zip file (PKWARE's APPNOTE.TXT, zip64 included) by reading its directory, which lies at its end. Checksums are
 * not looked at: `torch.save` can be told to leave them out, and parts of a file have none.
 *
 * @throws AuroraError `ModelCorrupt`; errors of `reader`
 */
export async function openZip(reader: RangeReader): Promise<ZipFile> {
  const directory = await findDirectory(reader);
  const bytes = await reader.read(directory.begin, directory.end);
  const entries = parseDirectory(reader.name, viewOf(bytes), directory.count);
  return {
    entries,
    async locate({ name, byteLength, headerOffset, plain }) {
      if (!plain) {
        const message = `The model's ${reader.name} holds ${name} compressed or encrypted, which this app cannot read.`;
        throw new AuroraError("ModelUnsupported", `${message} Save it anew with torch.save.`);
      }
      const outside = () => corruptFile(reader.name, `is damaged: ${name} does not lie inside it`);
      if (headerOffset + 30 > directory.begin) throw outside();
      const header = viewOf(await reader.read(headerOffset, headerOffset + 30));
      if (header.getUint32(0, true) !== headerSignature) {
        throw corruptFile(reader.name, `is damaged: ${name} is not where its directory says`);
      }
      // The name and the extra field, which may be longer here than in the directory: it aligns the content.
      const begin = headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
      if (begin + byteLength > directory.begin) throw outside();
      return begin;
    },
  };
}

type DirectoryPlace = { readonly begin: number; readonly end: number; readonly count: number };

async function findDirectory(reader: RangeReader): Promise<DirectoryPlace> {
  const { name, byteLength } = reader;
  const tailBegin = Math.max(0, byteLength - tailLength);
  const tail = viewOf(await reader.read(tailBegin, byteLength));
  const at = findEnd(tail);
  if (at === null) throw corruptFile(name, "is cut off: it lacks the directory that ends a zip file");
  const locator = at - locator64Length;
  const has64 = locator >= 0 && tail.getUint32(locator, true) === locator64Signature;
  const end = has64
    ? await readEnd64(reader, readUint64(tail, locator + 8))
    : {
        count: tail.getUint16(at + 10, true),
        length: tail.getUint32(at + 12, true),
        begin: tail.getUint32(at + 16, true),
      };
  // What describes the directory lies behind it, so its end is no later than that.
  const limit = tailBegin + (has64 ? locator : at);
  if (!(end.begin + end.length <= limit)) throw corruptFile(name, "is damaged: its directory does not lie inside it");
  if (end.length > maxDirectoryLength) throw corruptFile(name, `is damaged: its directory has ${end.length} bytes`);
  return { begin: end.begin, end: end.begin + end.length, count: end.count };
}

/** Where in a file's tail its last record begins, whose comment ends where the file does; null when there is none. */
function findEnd(tail: DataView): number | null {
  for (let at = tail.byteLength - endLength; at >= 0; at--) {
    const commentLength = tail.byteLength - endLength - at;
    if (tail.getUint32(at, true) === endSignature && tail.getUint16(at + 20, true) === commentLength) return at;
  }
  return null;
}

async function readEnd64(reader: RangeReader, at: number) {
  const misplaced = () => corruptFile(reader.name, "is damaged: the place of its directory is not where it should be");
  if (!(at + 56 <= reader.byteLength)) throw misplaced();
  const record = viewOf(await reader.read(at, at + 56));
  if (record.getUint32(0, true) !== end64Signature) throw misplaced();
  return { count: readUint64(record, 32), length: readUint64(record, 40), begin: readUint64(record, 48) };
}

function parseDirectory(file: string, view: DataView, count: number): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  while (at < view.byteLength) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== entrySignature) {
      throw corruptFile(file, `is damaged: entry ${entries.size + 1} of its directory cannot be read`);
    }
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > view.byteLength) throw corruptFile(file, "is damaged: its directory is cut off");
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameEnd - at - 46));
    if (entries.has(name)) throw corruptFile(file, `is damaged: it holds ${name} twice`);
    entries.set(name, parseEntry(file, name, view, at, nameEnd, extraEnd));
    at = next;
  }
  if (entries.size !== count)
    throw corruptFile(file, `is damaged: its directory has ${entries.size} of ${count} entries`);
  return entries;
}

function parseEntry(file: string, name: string, view: DataView, at: number, extraBegin: number, extraEnd: number) {
  const encrypted = (view.getUint16(at + 8, true) & 1) !== 0;
  const stored = view.getUint16(at + 10, true) === 0;
  // In this order each that does not fit into 32 bits stands in the zip64 field.
  const [byteLength, storedLength, headerOffset] = readLarge(view, extraBegin, extraEnd, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ]);
  const lengths = [byteLength, storedLength, headerOffset];
  if (byteLength === undefined || headerOffset === undefined || !lengths.every(Number.isSafeInteger)) {
    throw corruptFile(file, `is damaged: the place of ${name} in it cannot be read`);
  }
  if (stored && byteLength !== storedLength) throw corruptFile(file, `is damaged: ${name} has two different lengths`);
  return { name, byteLength, headerOffset, plain: stored && !encrypted };
}

/** Values of 32 bits, those that are all ones replaced by the zip64 extra field's; NaN where it lacks one. */
function readLarge(view: DataView, begin: number, end: number, values: readonly number[]): number[] {
  let field = begin;
  let fieldEnd = begin;
  while (field + 4 <= end) {
    fieldEnd = Math.min(end, field + 4 + view.getUint16(field + 2, true));
    if (view.getUint16(field, true) === 1) break;
    field = fieldEnd;
  }
  let at = field + 4;
  return values.map((value) => {
    if (value !== 0xffffffff) return value;
    at += 8;
    return at <= fieldEnd ? readUint64(view, at - 8) : Number.NaN;
  });
}

/** Not exact above 2⁵³, where no file has anything. */
function readUint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
