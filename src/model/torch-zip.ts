import type { RangeReader } from "../bytes/range-reader.ts";
import { createReadAhead } from "../bytes/read-ahead.ts";
import { AuroraError, assert } from "../errors.ts";
import { corruptFile } from "./fields.ts";
import { expectTensorType, type RowRange, type TensorSource } from "./tensors.ts";
import { parseTorchPickle, type TorchTensor } from "./torch-pickle.ts";
import { openZip, type ZipEntry, type ZipFile } from "./zip.ts";

/** Enough for what lies side by side at the file's beginning, and little beside a large tensor. */
const blockLength = 1 << 16;
/** Twenty times what the largest checkpoints have. */
const maxPickleLength = 1 << 26;
/** Longest span of a storage that is read for a tensor whose elements do not lie in their order. */
const maxGatherLength = 1 << 28;

/**
 * Opens what `torch.save` writes since PyTorch 1.6: a zip file with a pickle that describes the tensors, and their
 * storages as they are in memory (https://docs.pytorch.org/docs/stable/notes/serialization.html). Only the zip's
 * directory and the pickle are read; nothing that the pickle names is run.
 *
 * @throws AuroraError `ModelCorrupt`; `ModelUnsupported` for files that this app cannot read; errors of `reader`
 */
export async function openTorchZip(reader: RangeReader): Promise<TensorSource> {
  const blocks = createReadAhead(reader, blockLength);
  const zip = await openZip(blocks);
  const pickle = findPickle(reader.name, zip);
  const folder = pickle.name.slice(0, -"data.pkl".length);
  await expectLittleEndian(blocks, zip, folder);
  const { tensors, unread } = parseTorchPickle(reader.name, await readEntry(blocks, zip, pickle));
  const entries = new Map<string, ZipEntry>();
  for (const [name, { storage, ...tensor }] of tensors) {
    const entry = zip.entries.get(`${folder}data/${storage.key}`);
    const end = (tensor.offset + spanOf(tensor)) * storage.type.elementSize;
    if (!entry) throw corruptFile(reader.name, `lacks the values of tensor ${name}`);
    if (!(end <= entry.byteLength))
      throw corruptFile(reader.name, `is damaged: tensor ${name} ends outside its values`);
    entries.set(name, entry);
  }
  return {
    names: [...tensors.keys()],
    unread,
    info(name) {
      const tensor = tensors.get(name);
      return tensor ? { shape: tensor.shape, dtype: tensor.storage.type.dtype } : null;
    },
    async read(name, rows) {
      const tensor = tensors.get(name);
      const entry = entries.get(name);
      if (!tensor || !entry) throw corruptFile(reader.name, `has no tensor ${name}`);
      const dtype = expectTensorType(reader.name, name, tensor.storage.type.dtype);
      const view = sliceRows(tensor, rows);
      const begin = (await zip.locate(entry)) + view.offset * tensor.storage.type.elementSize;
      return {
        shape: view.shape,
        dtype,
        bytes: await readView(blocks, name, view, begin, tensor.storage.type.elementSize),
      };
    },
  };
}

function findPickle(file: string, { entries }: ZipFile): ZipEntry {
  const found = [...entries.values()].filter(({ name }) => /^[^/]*\/data\.pkl$/.test(name));
  const [pickle] = found;
  if (!pickle || found.length > 1) {
    const message = `The model's ${file} is a zip file, but none that PyTorch's torch.save writes.`;
    throw new AuroraError("ModelUnsupported", `${message} Use the model's safetensors or PyTorch file.`);
  }
  if (pickle.byteLength > maxPickleLength)
    throw corruptFile(file, `is damaged: its pickle has ${pickle.byteLength} bytes`);
  return pickle;
}

/** Files older than PyTorch 2.1 do not say; they come from little-endian machines, as good as all do. */
async function expectLittleEndian(reader: RangeReader, zip: ZipFile, folder: string): Promise<void> {
  const entry = zip.entries.get(`${folder}byteorder`);
  if (!entry || entry.byteLength > 16) return;
  const order = new TextDecoder().decode(await readEntry(reader, zip, entry));
  if (order === "little") return;
  const message = `The model's ${reader.name} holds its numbers in ${order}-endian order, which this app cannot read.`;
  throw new AuroraError("ModelUnsupported", `${message} Save it anew on a common computer.`);
}

async function readEntry(reader: RangeReader, zip: ZipFile, entry: ZipEntry): Promise<Uint8Array> {
  const begin = await zip.locate(entry);
  return reader.read(begin, begin + entry.byteLength);
}

/** A tensor's elements in a storage: from `offset` on, with the strides of its axes. */
type View = Pick<TorchTensor, "offset" | "shape" | "strides">;

function sliceRows({ offset, shape, strides }: View, rows: RowRange | undefined): View {
  if (!rows) return { offset, shape, strides };
  const [first, end] = rows;
  const [count = 0, ...rest] = shape;
  assert(0 <= first && first <= end && end <= count, `rows ${first} to ${end} of ${count}`);
  return { offset: offset + first * (strides[0] ?? 0), shape: [end - first, ...rest], strides };
}

/** Number of elements of the storage from a view's first to its last. */
function spanOf({ shape, strides }: Omit<View, "offset">): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, size, axis) => span + (size - 1) * (strides[axis] as number), 1);
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** Whether the elements lie in their order, one after the other; an axis of one element has no say in it. */
function isContiguous({ shape, strides }: View): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** @param begin where in the file the view's first element lies */
async function readView(reader: RangeReader, name: string, view: View, begin: number, elementSize: number) {
  const length = spanOf(view) * elementSize;
  if (length === 0) return new Uint8Array(0);
  if (isContiguous(view)) return reader.read(begin, begin + length);
  // Fewer elements in the storage than in the tensor: what was expanded could be of any length.
  if (length > maxGatherLength || countOf(view.shape) * elementSize > length) {
    const message = `Tensor ${name} of the model's ${reader.name} is a view into others, which this app cannot read.`;
    throw new AuroraError("ModelUnsupported", `${message} Save it anew after calling contiguous() on each tensor.`);
  }
  return gather(await reader.read(begin, begin + length), view, elementSize);
}

/** Puts the elements of a view, whose first is the first of `span`, into their order. */
function gather(span: Uint8Array, { shape, strides }: View, elementSize: number): Uint8Array {
  const out = new Uint8Array(countOf(shape) * elementSize);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to += elementSize) {
    for (let byte = 0; byte < elementSize; byte++) out[to + byte] = span[from * elementSize + byte] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      const next = (index[axis] as number) + 1;
      from += stride;
      index[axis] = next;
      if (next < (shape[axis] as number)) break;
      index[axis] = 0;
      from -= next * stride;
    }
  }
  return out;
}
