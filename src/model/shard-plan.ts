import { AuroraError } from "../errors.ts";
import type { Quantization } from "./config.ts";
import { isQuantisable, scaleSuffix } from "./quantised.ts";
import { sliceName } from "./row-slices.ts";
import { headerFrameBytes, maxEntryBytes, type StoredTensor, tensorBytes } from "./shard-writer.ts";
import { isTensorType, type RowRange, type TensorSource, type TensorType } from "./tensors.ts";

/** How a tensor is stored: as it is, as f16, or quantised. */
export type StoredForm = "same" | "f16" | "int8" | "int4";

/** A tensor, or some rows of a large one, in one file. */
export type PlannedPart = {
  /** The checkpoint's name. */
  readonly tensor: string;
  readonly form: StoredForm;
  /** Rows that this part holds of a tensor that is too large for one file; null for the whole tensor. */
  readonly rows: RowRange | null;
  /** What is stored: the tensor, and its scales where it is quantised. */
  readonly stored: readonly StoredTensor[];
  /** What is stored when it turns out that f16 cannot hold the values. */
  readonly unchanged: StoredTensor;
};

export type PlannedShard = {
  readonly file: string;
  readonly parts: readonly PlannedPart[];
  /** Most bytes of header and data, whatever has to stay unchanged. */
  readonly headerBytes: number;
  readonly dataBytes: number;
};

/** Weights along a row that share a scale. */
export const groupSize = 32;

/** Largest weights file of a model folder: servers and caches take files of this size without trouble. */
export const shardLimit = 128_000_000;

/**
 * Decides how a checkpoint is stored, and in which files, by names, shapes and types alone: the same checkpoint has the
 * same files everywhere. Tensors are in the order of their names.
 *
 * @throws AuroraError `ModelUnsupported` for tensors that cannot be converted
 */
export function planShards(
  tensors: TensorSource,
  quantization: Quantization,
  limit = shardLimit,
): readonly PlannedShard[] {
  type Draft = { parts: PlannedPart[]; headerBytes: number; dataBytes: number };
  const drafts: Draft[] = [];
  let draft: Draft | null = null;
  const ends = endLayers(tensors.names);
  for (const name of [...tensors.names].sort()) {
    const form = quantization === "int4" && ends.test(name) ? "int8" : quantization;
    for (const part of splitTensor(tensors, name, form, limit)) {
      const [headerBytes, dataBytes] = largestBytes(part);
      const used = draft ? draft.headerBytes + draft.dataBytes : 0;
      if (!draft || used + headerBytes + dataBytes > limit) {
        draft = { parts: [], headerBytes: headerFrameBytes, dataBytes: 0 };
        drafts.push(draft);
      }
      draft.parts.push(part);
      draft.headerBytes += headerBytes;
      draft.dataBytes += dataBytes;
    }
  }
  const count = digits(drafts.length);
  return drafts.map((done, i) => ({ file: `model-${digits(i + 1)}-of-${count}.safetensors`, ...done }));
}

/**
 * The first and the last layer, which stay in 8 bits where the others have 4: on a well-trained model perplexity is 2.4 % off f16's then,
 * and 4.9 % without (docs/numbers.md). A model of one or two layers has no others.
 */
function endLayers(names: readonly string[]): RegExp {
  const last = Math.max(...names.map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? 0)));
  return last > 1 ? new RegExp(`^blocks\\.(0|${last})\\.`) : /(?!)/;
}

function digits(number: number): string {
  return String(number).padStart(5, "0");
}

/** A tensor as one part where it fits a file, else as slices that each do. */
function splitTensor(tensors: TensorSource, name: string, quantization: Quantization, limit: number): PlannedPart[] {
  const { shape, dtype } = describeTensor(tensors, name);
  const form = chooseForm(name, shape, dtype, quantization);
  const rowsThatFit = (part: PlannedPart, rows: number) => {
    const [headerBytes, dataBytes] = largestBytes(part);
    return Math.floor((limit - headerFrameBytes - headerBytes) / (dataBytes / rows));
  };
  const [rows = 1, ...width] = shape;
  const whole = planPart(name, dtype, shape, form, null);
  if (rows === 0 || rowsThatFit(whole, rows) >= rows) return [whole];
  const each = rowsThatFit(planPart(name, dtype, [1, ...width], form, [rows - 1, rows]), 1);
  if (each < 1) throw unsupported(`one row of its tensor ${name} is larger than ${limit} bytes`);
  const parts: PlannedPart[] = [];
  for (let first = 0; first < rows; first += each) {
    const end = Math.min(first + each, rows);
    parts.push(planPart(name, dtype, [end - first, ...width], form, [first, end]));
  }
  return parts;
}

function describeTensor(tensors: TensorSource, name: string): { shape: readonly number[]; dtype: TensorType } {
  const info = tensors.info(name);
  if (!info || !isTensorType(info.dtype)) throw unsupported(`its tensor ${name} is of type ${info?.dtype}`);
  if (info.dtype === "I8" || info.dtype === "U8")
    throw unsupported(`its weights are quantised already (${name}); convert the model that it was made from`);
  return { shape: info.shape, dtype: info.dtype };
}

/** Vectors are small and their precision matters; matrices take the type that kernels read fastest. */
function chooseForm(name: string, shape: readonly number[], dtype: string, quantization: Quantization): StoredForm {
  const isVector = shape.filter((size) => size > 1).length <= 1 || /\.(time_faaaa|r_k)$/.test(name);
  if (isVector) return "same";
  if (quantization !== "f16" && isQuantisable(name, shape)) return quantization;
  return dtype === "F16" ? "same" : "f16";
}

function planPart(
  tensor: string,
  dtype: TensorType,
  shape: readonly number[],
  form: StoredForm,
  rows: RowRange | null,
): PlannedPart {
  const name = rows ? sliceName(tensor, rows[0]) : tensor;
  const unchanged: StoredTensor = { name, dtype, shape };
  return { tensor, form, rows, unchanged, stored: storedTensors(tensor, unchanged, form, rows) };
}

function storedTensors(
  tensor: string,
  unchanged: StoredTensor,
  form: StoredForm,
  rows: RowRange | null,
): StoredTensor[] {
  const { name, shape } = unchanged;
  if (form === "same") return [unchanged];
  if (form === "f16") return [{ name, dtype: "F16", shape }];
  const [count = 0, width = 0] = shape;
  const scale = rows ? sliceName(tensor + scaleSuffix, rows[0]) : tensor + scaleSuffix;
  return [
    form === "int8" ? { name, dtype: "I8", shape } : { name, dtype: "U8", shape: [count, width / 2] },
    { name: scale, dtype: "F16", shape: [count, width / groupSize] },
  ];
}

/** Most bytes that a part takes of a file's header and of its data. */
function largestBytes({ form, stored, unchanged }: PlannedPart): [headerBytes: number, dataBytes: number] {
  const sum = (all: readonly StoredTensor[], measure: (tensor: StoredTensor) => number) =>
    all.reduce((bytes, tensor) => bytes + measure(tensor), 0);
  const dataBytes = sum(stored, tensorBytes);
  return [sum(stored, maxEntryBytes), form === "f16" ? Math.max(dataBytes, tensorBytes(unchanged)) : dataBytes];
}

function unsupported(reason: string): AuroraError {
  return new AuroraError("ModelUnsupported", `This model cannot be converted: ${reason}.`);
}
