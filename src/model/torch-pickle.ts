import { AuroraError } from "../errors.ts";
import { corruptFile } from "./fields.ts";
import { type PickleFunction, type PickleGlobals, parsePickle, Unneeded } from "./pickle.ts";

/** A tensor as `torch.save` describes it: which elements of a storage it is made of. */
export class TorchTensor {
  readonly storage: TorchStorage;
  /** Index of the first element in the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** By how many elements the next one lies ahead, for each axis. */
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** The memory of one or several tensors, saved as a file of its own under its key. */
class TorchStorage {
  readonly key: string;
  readonly type: StorageType;

  constructor(key: string, type: StorageType) {
    this.key = key;
    this.type = type;
  }
}

class StorageType {
  /** As safetensors names it. */
  readonly dtype: string;
  readonly elementSize: number;

  constructor(dtype: string, elementSize: number) {
    this.dtype = dtype;
    this.elementSize = elementSize;
  }
}

/** Where trainers put the weights among other things. */
const wrappers = ["state_dict", "model", "module"];

/** What a file of `torch.save` describes. */
export type TorchCheckpoint = {
  /** By name, in the file's order, not yet held against the storages. */
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Entries beside them that are made by what is not known here: their name → the name of what they ask for. */
  readonly unread: ReadonlyMap<string, string>;
};

/**
 * Reads the description of a checkpoint saved by `torch.save`: a dictionary of tensors, by itself or as the entry
 * `state_dict`, `model` or `module` of one. What else the dictionary holds is left out, whatever it asks for.
 *
 * @param file the file's name, for messages
 * @throws AuroraError `ModelCorrupt`; `ModelUnsupported` when there are no tensors
 */
export function parseTorchPickle(file: string, bytes: Uint8Array): TorchCheckpoint {
  const unneeded: string[] = [];
  const root = parsePickle(file, bytes, {
    find(name) {
      if (allowed.has(name)) return allowed.get(name);
      const standIn = new Unneeded(name);
      if (unneeded.length === 0) unneeded.push(standIn.name);
      return standIn;
    },
    findPersistent: findStorage,
  });
  for (const inner of [...wrappers.map((name) => (root instanceof Map ? root.get(name) : undefined)), root]) {
    const found = findTensors(inner);
    if (found.tensors.size > 0) return found;
  }
  if (unneeded.length > 0) {
    throw corruptFile(file, `is damaged: its pickle asks for ${unneeded[0]}, which no weights need (nothing was run)`);
  }
  const message = `The model's ${file} holds no tensors by name, so that it is no checkpoint this app knows.`;
  throw new AuroraError("ModelUnsupported", `${message} Save the model's state_dict() with torch.save.`);
}

function findTensors(value: unknown): TorchCheckpoint {
  const tensors = new Map<string, TorchTensor>();
  const unread = new Map<string, string>();
  for (const [name, entry] of value instanceof Map ? value : []) {
    if (typeof name !== "string") continue;
    if (entry instanceof TorchTensor) tensors.set(name, entry);
    else if (entry instanceof Unneeded) unread.set(name, entry.name);
  }
  return { tensors, unread };
}

/** PyTorch's storage classes by the name of their elements' type (torch/storage.py). */
const storageTypes = {
  Double: new StorageType("F64", 8),
  Float: new StorageType("F32", 4),
  Half: new StorageType("F16", 2),
  BFloat16: new StorageType("BF16", 2),
  Long: new StorageType("I64", 8),
  Int: new StorageType("I32", 4),
  Short: new StorageType("I16", 2),
  Char: new StorageType("I8", 1),
  Byte: new StorageType("U8", 1),
  Bool: new StorageType("BOOL", 1),
  ComplexFloat: new StorageType("C64", 8),
  ComplexDouble: new StorageType("C128", 16),
};

/** torch/_utils.py: `_rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks)`. */
const rebuildTensor: PickleFunction = ([storage, offset, shape, strides]) => {
  if (storage instanceof Unneeded) return storage;
  const fits = storage instanceof TorchStorage && isSize(offset) && isSizeList(shape) && isSizeList(strides);
  return fits && shape.length === strides.length ? new TorchTensor(storage, offset, shape, strides) : undefined;
};

/** `_rebuild_parameter(data, requires_grad, backward_hooks)`: a parameter is its tensor. */
const rebuildParameter: PickleFunction = ([tensor]) =>
  tensor instanceof TorchTensor || tensor instanceof Unneeded ? tensor : undefined;

/** Things that stand beside weights and say nothing that is needed here. */
const nothing: PickleFunction = () => null;
const dtypes = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128".split(" ");

/** All names that a checkpoint may use; there is no other way to have anything done. */
const allowed = new Map<string, unknown>([
  ["collections.OrderedDict", (args: readonly unknown[]) => (args.length === 0 ? new Map() : undefined)],
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch._utils._rebuild_parameter_with_state", rebuildParameter],
  ["torch.Size", ([sizes]: readonly unknown[]) => sizes],
  ["torch.device", nothing],
  // How protocol 2 writes bytes.
  ["_codecs.encode", nothing],
  ...dtypes.map((name) => [`torch.${name}`, null] as const),
  ...Object.entries(storageTypes).map(([name, type]) => [`torch.${name}Storage`, type] as const),
]);

/** torch/serialization.py: `("storage", type, key, location, number of elements)`. */
const findStorage: PickleGlobals["findPersistent"] = (id) => {
  const [kind, type, key] = Array.isArray(id) ? id : [];
  // Of a tensor of a type that is younger than this app, which only matters if it is asked for.
  if (kind === "storage" && type instanceof Unneeded) return type;
  const fits = kind === "storage" && type instanceof StorageType && typeof key === "string";
  return fits ? new TorchStorage(key, type) : undefined;
};

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
