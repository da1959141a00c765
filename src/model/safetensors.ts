import type { RangeReader } from "../bytes/range-reader.ts";
import { assert } from "../errors.ts";
import { corruptFile, describe, isRecord } from "./fields.ts";
import { expectTensorType, type HostTensor, type RowRange, type TensorSource } from "./tensors.ts";

type Entry = {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

/** Bytes of one element of each type of the format; sub-byte types are not among them. */
const elementSizes: ReadonlyMap<string, number> = new Map([
  ["F64", 8],
  ["I64", 8],
  ["U64", 8],
  ["F32", 4],
  ["I32", 4],
  ["U32", 4],
  ["F16", 2],
  ["BF16", 2],
  ["I16", 2],
  ["U16", 2],
  ["F8_E4M3", 1],
  ["F8_E5M2", 1],
  ["I8", 1],
  ["U8", 1],
  ["BOOL", 1],
]);

/** The reference implementation refuses longer headers too. */
const maxHeaderLength = 100_000_000;

/**
 * Opens a safetensors file (https://github.com/huggingface/safetensors#format) by reading its header only.
 *
 * @throws AuroraError `ModelCorrupt` naming the file, and the tensor where there is one; errors of `reader`
 */
export async function openSafetensors(reader: RangeReader): Promise<TensorSource> {
  const entries = await readHeader(reader);
  return {
    names: [...entries.keys()],
    info(name) {
      const entry = entries.get(name);
      return entry ? { shape: entry.shape, dtype: entry.dtype } : null;
    },
    async read(name, rows): Promise<HostTensor> {
      const entry = entries.get(name);
      if (!entry) throw corruptFile(reader.name, `has no tensor ${name}`);
      const dtype = expectTensorType(reader.name, name, entry.dtype);
      const { shape, begin, end } = sliceRows(entry, rows);
      const bytes = await reader.read(begin, end);
      assert(bytes.byteLength === end - begin, `${name}: read ${bytes.byteLength} bytes`);
      return { shape, dtype, bytes };
    },
  };
}

/** A tensor's entry, or that of some of its rows. */
function sliceRows(entry: Entry, rows: RowRange | undefined): Pick<Entry, "shape" | "begin" | "end"> {
  if (!rows) return entry;
  const [first, last] = rows;
  const [count = 0, ...rest] = entry.shape;
  assert(0 <= first && first <= last && last <= count, `rows ${first} to ${last} of ${count}`);
  const rowBytes = count === 0 ? 0 : (entry.end - entry.begin) / count;
  return { shape: [last - first, ...rest], begin: entry.begin + first * rowBytes, end: entry.begin + last * rowBytes };
}

async function readHeader(reader: RangeReader): Promise<Map<string, Entry>> {
  const { name, byteLength } = reader;
  if (byteLength < 10) throw corruptFile(name, `is cut off: it has ${byteLength} bytes`);
  const start = await reader.read(0, 8);
  if (new TextDecoder().decode(start) === "version ") {
    throw corruptFile(name, "is only a Git LFS pointer to the weights (`git lfs pull` fetches them)");
  }
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  if (length < 2 || length > maxHeaderLength)
    throw corruptFile(name, `is no safetensors file (header of ${length} bytes)`);
  if (8 + length > byteLength) throw corruptFile(name, `is cut off: ${byteLength} of at least ${8 + length} bytes`);
  const header = parseHeader(name, await reader.read(8, 8 + length));
  const entries = new Map<string, Entry>();
  for (const [tensor, value] of Object.entries(header)) {
    if (tensor !== "__metadata__") entries.set(tensor, parseEntry(name, tensor, value, 8 + length));
  }
  checkLayout(name, entries, 8 + length, byteLength);
  return entries;
}

function parseHeader(file: string, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw corruptFile(file, "is damaged: its header is no JSON", error);
  }
  if (!isRecord(header)) throw corruptFile(file, "is damaged: its header is no JSON object");
  return header;
}

function parseEntry(file: string, tensor: string, value: unknown, dataStart: number): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  const elementSize = typeof dtype === "string" ? elementSizes.get(dtype) : undefined;
  if (typeof dtype !== "string" || elementSize === undefined) {
    throw corruptFile(file, `is damaged: tensor ${tensor} is of the unknown type ${describe(dtype)}`);
  }
  if (!isSizeList(shape)) throw corruptFile(file, `is damaged: tensor ${tensor} has shape ${describe(shape)}`);
  const [begin, end, ...more] = isSizeList(offsets) ? offsets : [];
  if (begin === undefined || end === undefined || more.length > 0) {
    throw corruptFile(file, `is damaged: tensor ${tensor} lies at ${describe(offsets)}`);
  }
  const expected = shape.reduce((product, size) => product * size, elementSize);
  if (end - begin !== expected) {
    const found = `${end - begin} bytes for ${dtype} [${shape.join(", ")}], which takes ${expected}`;
    throw corruptFile(file, `is damaged: tensor ${tensor} has ${found}`);
  }
  return { dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/** As the format demands: the tensors fill the file to its end, without overlap or hole. */
function checkLayout(file: string, entries: ReadonlyMap<string, Entry>, dataStart: number, byteLength: number): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = dataStart;
  for (const [tensor, { begin, end }] of sorted) {
    if (begin < position) throw corruptFile(file, `is damaged: tensor ${tensor} overlaps the one before it`);
    if (begin > position)
      throw corruptFile(file, `is damaged: ${begin - position} bytes before tensor ${tensor} belong to none`);
    position = end;
  }
  if (position > byteLength) throw corruptFile(file, `is cut off: ${byteLength} of ${position} bytes`);
  if (position < byteLength) throw corruptFile(file, `is damaged: it has ${byteLength} bytes instead of ${position}`);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
