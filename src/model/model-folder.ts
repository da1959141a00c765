import { AuroraError } from "../errors.ts";
import { type ModelConfig, parseConfig } from "./config.ts";
import { corruptFile } from "./fields.ts";
import { scaleSuffix } from "./quantised.ts";
import { joinRowSlices } from "./row-slices.ts";
import { openSafetensors } from "./safetensors.ts";
import { parseShardIndex } from "./shard-index.ts";
import type { TensorSource } from "./tensors.ts";
import { fetchUrlBytes, openUrlFile, type Transfer } from "./url-file.ts";

/** An opened model: all but the weights is read; those are read as asked for. */
export type ModelFolder = {
  readonly config: ModelConfig;
  readonly tensors: TensorSource;
  /** Content of the tokenizer's file, not yet checked. */
  readonly tokenizer: Uint8Array;
  /** Length of configuration, tokenizer and weights together. */
  readonly byteLength: number;
  /** Number of weights in all tensors. */
  readonly parameters: number;
};

export type ModelFolderOptions = {
  /** Stops opening, and later downloads of tensors. */
  readonly signal?: AbortSignal;
  /** Called as bytes arrive, also in later reads; `total` is null while not all files' lengths are known. */
  readonly onProgress?: (loaded: number, total: number | null) => void;
  /** Weights up to this many bytes (64 MiB) are fetched at once when the folder is opened, larger ones as their tensors are read. */
  readonly wholeBytes?: number;
};

const defaultWholeBytes = 64 << 20;

/**
 * Opens a model folder on a web server (`config.json`, tokenizer file, `model.safetensors` or its shards).
 *
 * @param url the folder; where relative, to the page's or worker's own address
 * @throws AuroraError `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `DownloadFailed` or `Aborted`
 */
export async function openModelFolder(url: string, options: ModelFolderOptions = {}): Promise<ModelFolder> {
  const folder = folderUrl(url);
  const progress = createProgress(options);
  const { wholeBytes = defaultWholeBytes } = options;
  const config = parseConfig(await fetchJson(folder, "config.json", progress.transfer));
  const tokenizer = await fetchBytes(folder, config.tokenizer.file, progress.transfer);
  if (!tokenizer) throw notFound(folder, `there is no ${config.tokenizer.file}`);
  const read = progress.loaded();
  const weights = await openWeights(folder, wholeBytes, progress);
  const tensors = joinRowSlices(weights.tensors);
  return {
    config,
    tokenizer,
    tensors,
    byteLength: read + weights.byteLength,
    parameters: countParameters(tensors),
  };
}

type Weights = { readonly tensors: TensorSource; readonly byteLength: number };

async function openWeights(folder: URL, wholeBytes: number, progress: Progress): Promise<Weights> {
  const before = progress.loaded();
  const single = await openUrlFile(new URL("model.safetensors", folder), wholeBytes, progress.transfer, (length) =>
    progress.setTotal(before + length),
  );
  if (single) {
    progress.setTotal(before + single.byteLength);
    return { tensors: await openSafetensors(single), byteLength: single.byteLength };
  }
  const index = await fetchBytes(folder, indexName, progress.transfer);
  if (!index) throw notFound(folder, `there is neither model.safetensors nor ${indexName}`);
  return openShards(folder, index, wholeBytes, progress);
}

const indexName = "model.safetensors.index.json";

async function openShards(folder: URL, index: Uint8Array, wholeBytes: number, progress: Progress): Promise<Weights> {
  const { weightMap, tensorBytes } = parseShardIndex(indexName, index);
  // Large shards are read tensor by tensor, so that memory never holds the whole model.
  const limit = tensorBytes !== null && tensorBytes <= wholeBytes ? wholeBytes : 0;
  const before = progress.loaded();
  const sources = new Map<string, TensorSource>();
  let byteLength = 0;
  for (const file of new Set(weightMap.values())) {
    const reader = await openUrlFile(new URL(file, folder), limit, progress.transfer);
    if (!reader) throw notFound(folder, `${file}, which its ${indexName} names, is missing`);
    byteLength += reader.byteLength;
    sources.set(file, await openSafetensors(reader));
  }
  progress.setTotal(before + byteLength);
  const sourceOf = (name: string) => sources.get(weightMap.get(name) ?? "");
  for (const [name, file] of weightMap) {
    if (!sourceOf(name)?.info(name)) throw corruptFile(file, `lacks tensor ${name}, which ${indexName} places there`);
  }
  const tensors: TensorSource = {
    names: [...weightMap.keys()],
    info: (name) => sourceOf(name)?.info(name) ?? null,
    async read(name, rows) {
      const source = sourceOf(name);
      if (!source) throw corruptFile(indexName, `has no tensor ${name}`);
      return source.read(name, rows);
    },
  };
  return { tensors, byteLength };
}

async function fetchJson(folder: URL, file: string, transfer: Transfer): Promise<unknown> {
  const bytes = await fetchBytes(folder, file, transfer);
  if (!bytes) throw notFound(folder, `there is no ${file}`);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw corruptFile(file, "is damaged: it is no JSON", error);
  }
}

/** Content of a small file that is text, or null when there is no such file. */
async function fetchBytes(folder: URL, file: string, transfer: Transfer): Promise<Uint8Array | null> {
  const bytes = await fetchUrlBytes(new URL(file, folder), transfer);
  // An index page that a static server answers instead of a missing file, under whatever type.
  const isPage = bytes !== null && /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)));
  return isPage ? null : bytes;
}

type Progress = {
  readonly transfer: Transfer;
  loaded(): number;
  setTotal(bytes: number): void;
};

function createProgress({ signal, onProgress }: ModelFolderOptions): Progress {
  let loaded = 0;
  let total: number | null = null;
  // A tensor that is read again counts again, yet no more than all is ever reported.
  const report = () => onProgress?.(total === null ? loaded : Math.min(loaded, total), total);
  return {
    transfer: {
      signal,
      onBytes(count) {
        loaded += count;
        report();
      },
    },
    loaded: () => loaded,
    setTotal(bytes) {
      total = bytes;
      report();
    },
  };
}

function folderUrl(url: string): URL {
  const base = typeof location === "undefined" ? undefined : location.href;
  const parsed = URL.canParse(url, base) ? new URL(url, base) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new AuroraError("ModelNotFound", `"${url}" is no web address of a model folder. Check the address.`);
  }
  if (!parsed.pathname.endsWith("/")) parsed.pathname += "/";
  return parsed;
}

/** Number of weights in all tensors; a quantised one counts as what it stands for, its scales as nothing. */
export function countParameters(tensors: TensorSource): number {
  const count = (name: string) => {
    const { shape, dtype } = tensors.info(name) ?? { shape: [0], dtype: "F32" };
    return shape.reduce((a, b) => a * b, dtype === "U8" ? 2 : 1);
  };
  const isScale = (name: string) =>
    name.endsWith(scaleSuffix) && tensors.info(name.slice(0, -scaleSuffix.length)) !== null;
  return tensors.names.reduce((sum, name) => sum + (isScale(name) ? 0 : count(name)), 0);
}

function notFound(folder: URL, reason: string): AuroraError {
  const message = `No model was found at ${folder.href}: ${reason}. Check the address.`;
  return new AuroraError("ModelNotFound", message);
}
