import { assert } from "../errors.ts";
import type { Checkpoint } from "./checkpoint-type.ts";
import { isFileName, parseConfig, type Quantization } from "./config.ts";
import { createPartWriter, type PartWriter } from "./part-writer.ts";
import { sha256 } from "./sha256.ts";
import { groupSize, type PlannedShard, planShards } from "./shard-plan.ts";
import { createShardWriter, fileBytes, type ShardWriter } from "./shard-writer.ts";

/** Takes the files of a model folder. */
export type ModelSink = {
  /**
   * Stores a whole file, at once or not at all. `content` is overwritten after the promise settles: keep copies only.
   *
   * @param shard of a file of weights, what `ConvertOptions.have` should answer for it later; else null
   */
  write(path: string, content: Uint8Array<ArrayBuffer>, shard: StoredShard | null): Promise<void>;
  /** The folder is complete. */
  finish(): Promise<void>;
};

/** What is known of a file once it is stored. */
type StoredFile = { readonly byteLength: number; readonly sha256: string };

/** A stored file of weights, with what it takes to go on after it. */
export type StoredShard = StoredFile & {
  readonly tensorBytes: number;
  /** Tensors that kept their type although they should have become f16. */
  readonly kept: readonly string[];
};

export type ConvertOptions = {
  readonly signal?: AbortSignal;
  /** Called with bytes of weights that are done, of all that will be stored. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Says that an earlier, interrupted conversion of this very checkpoint and quantisation has stored this file whole. */
  readonly have?: (path: string) => Promise<StoredShard | null>;
  /** Most bytes of a file of weights; `shardLimit` unless given. */
  readonly shardBytes?: number;
};

export type ConvertReport = {
  /** All files of the folder. */
  readonly files: ReadonlyMap<string, StoredFile>;
  /** Length of all files together. */
  readonly byteLength: number;
  /** Names of tensors that f16 cannot hold, which kept their type. */
  readonly kept: readonly string[];
  /** Sentences for the person: the checkpoint's own, and what converting found. */
  readonly notices: readonly string[];
};

/** Name of the file that lists all others of a model folder; it is written last. */
const indexFile = "model.safetensors.index.json";

/**
 * Writes a checkpoint as a model folder: matrices as f16 or, those of the language model, quantised; in files of at most
 * `shardLimit` bytes, with their hashes in the index. The same checkpoint gives the same bytes everywhere. Holds one file
 * and a few megabytes of tensors in memory.
 *
 * @throws AuroraError `ModelCorrupt`, `ModelUnsupported`; errors of the checkpoint's files and of the sink; `AbortError`
 */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  quantization: Quantization,
  sink: ModelSink,
  options: ConvertOptions = {},
): Promise<ConvertReport> {
  const config = encodeConfig(checkpoint, quantization);
  const shards = planShards(checkpoint.tensors, quantization, options.shardBytes);
  const files = new Map<string, StoredFile>();
  const stored = await storeShards(checkpoint, shards, sink, options);
  for (const [path, shard] of stored) files.set(path, shard);

  const small: [path: string, content: Uint8Array][] = [["config.json", config]];
  for (const { file, read } of [checkpoint.tokenizer, ...(checkpoint.documents ?? [])])
    small.push([file, await read()]);
  for (const [path, content] of small) {
    assert(isFileName(path) && !files.has(path), `${path} cannot be a file of the model's folder`);
    options.signal?.throwIfAborted();
    files.set(path, await store(sink, path, new Uint8Array(content)));
  }
  const index = encodeIndex(shards, stored, files);
  files.set(indexFile, await store(sink, indexFile, index));
  await sink.finish();
  return describe(checkpoint, [...stored.values()], files);
}

/**
 * Length of the weights' files after conversion, known without reading them: exact unless values turn out not to fit f16.
 *
 * @throws AuroraError `ModelUnsupported` for tensors that cannot be converted
 */
export function predictBytes(checkpoint: Checkpoint, quantization: Quantization): number {
  return planShards(checkpoint.tensors, quantization).reduce((sum, shard) => sum + expectedBytes(shard), 0);
}

function expectedBytes({ parts }: PlannedShard): number {
  return fileBytes(parts.flatMap(({ stored }) => stored));
}

async function storeShards(
  { tensors }: Checkpoint,
  shards: readonly PlannedShard[],
  sink: ModelSink,
  { signal, onProgress, have }: ConvertOptions,
): Promise<ReadonlyMap<string, StoredShard>> {
  const lengths = shards.map(expectedBytes);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const largest = (measure: (shard: PlannedShard) => number) => Math.max(0, ...shards.map(measure));
  const writer = createShardWriter(
    largest(({ headerBytes }) => headerBytes),
    largest(({ dataBytes }) => dataBytes),
  );
  const parts = createPartWriter(tensors, writer, signal);
  const stored = new Map<string, StoredShard>();
  let done = 0;
  for (const [i, shard] of shards.entries()) {
    const start = done;
    const found = await have?.(shard.file);
    signal?.throwIfAborted();
    const report = (bytes: number) => onProgress?.(Math.min(start + bytes, total), total);
    stored.set(shard.file, found ?? (await storeShard(shard, parts, writer, sink, report)));
    done += lengths[i] as number;
    onProgress?.(done, total);
  }
  return stored;
}

async function storeShard(
  shard: PlannedShard,
  parts: PartWriter,
  writer: ShardWriter,
  sink: ModelSink,
  onBytes: (done: number) => void,
): Promise<StoredShard> {
  const kept: string[] = [];
  let done = 0;
  for (const part of shard.parts) {
    const { form, bytes } = await parts.write(part, (count) => onBytes(done + count));
    if (form !== part.form) kept.push(part.tensor);
    done += bytes;
  }
  const { content, tensorBytes } = writer.finish();
  const stored = { byteLength: content.byteLength, sha256: await sha256(content), tensorBytes, kept };
  await sink.write(shard.file, content, stored);
  return stored;
}

async function store(sink: ModelSink, path: string, content: Uint8Array<ArrayBuffer>): Promise<StoredFile> {
  const stored = { byteLength: content.byteLength, sha256: await sha256(content) };
  await sink.write(path, content, null);
  return stored;
}

function encodeConfig(checkpoint: Checkpoint, quantization: Quantization): Uint8Array {
  // What it says of the files' forms and checksums is that of other files.
  const { quantization_config: _, sha256: __, ...config } = checkpoint.config;
  const bits = { f16: null, int8: 8, int4: 4 }[quantization];
  const written = bits
    ? { ...config, quantization_config: { quant_method: "auroralong", bits, group_size: groupSize, symmetric: true } }
    : config;
  const { tokenizer } = parseConfig(written); // better now than after the conversion
  assert(tokenizer.file === checkpoint.tokenizer.file, `tokenizer ${checkpoint.tokenizer.file}, not ${tokenizer.file}`);
  return encodeJson(written);
}

function encodeIndex(
  shards: readonly PlannedShard[],
  stored: ReadonlyMap<string, StoredShard>,
  files: ReadonlyMap<string, StoredFile>,
): Uint8Array<ArrayBuffer> {
  const entries = shards.flatMap(({ file, parts }) =>
    parts.flatMap((part) => part.stored.map(({ name }) => [name, file] as const)),
  );
  const paths = [...files.keys()].sort();
  const listed = paths.map((path) => {
    const { byteLength, sha256 } = files.get(path) as StoredFile;
    return [path, { byte_length: byteLength, sha256 }] as const;
  });
  return encodeJson({
    metadata: { total_size: [...stored.values()].reduce((sum, { tensorBytes }) => sum + tensorBytes, 0) },
    weight_map: Object.fromEntries(entries),
    files: Object.fromEntries(listed),
  });
}

function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
}

function describe(
  checkpoint: Checkpoint,
  shards: readonly StoredShard[],
  files: ReadonlyMap<string, StoredFile>,
): ConvertReport {
  const kept = [...new Set(shards.flatMap((shard) => shard.kept))];
  const notices = [...checkpoint.notices];
  if (kept.length > 0) notices.push(`Too large for 16 bits (beyond ±65504), so kept as they are: ${kept.join(", ")}.`);
  const byteLength = [...files.values()].reduce((sum, file) => sum + file.byteLength, 0);
  return { files, byteLength, kept, notices };
}
