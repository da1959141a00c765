import { type Subject, wrongContent } from "../bytes/download-errors.ts";
import type { HttpOptions } from "../bytes/http.ts";
import type { RangeReader } from "../bytes/range-reader.ts";
import { openUrlFile, type UrlReaderOptions } from "../bytes/url-reader.ts";
import { AuroraError } from "../errors.ts";
import { parseConfig } from "../model/config.ts";
import type { FileSet } from "../model/file-set.ts";
import { openModelFiles, parseJsonFile } from "../model/model-files.ts";
import type { ModelFolder } from "../model/model-folder.ts";
import { parseShardIndex } from "../model/shard-index.ts";

import { type Digests, isIntact, readDigests } from "./digests.ts";

export type UrlFolderOptions = Pick<HttpOptions, "signal" | "patience"> & {
  /** Called as bytes arrive, also in later reads; `total` is null while not all files' lengths are known. */
  readonly onProgress?: (loaded: number, total: number | null) => void;
  /** Weights up to this many bytes (64 MiB) are fetched at once when the folder is opened, larger ones as their tensors are read. */
  readonly wholeBytes?: number;
};

const defaultWholeBytes = 64 << 20;
const weightsName = "model.safetensors";
const indexName = "model.safetensors.index.json";

/**
 * Opens a model folder on a web server (`config.json`, tokenizer file, `model.safetensors` or its shards).
 *
 * Files whose SHA-256 the `config.json` tells are checked where they are fetched whole.
 *
 * @throws AuroraError `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `DownloadFailed` or `Aborted`
 */
export async function openModelFolder(url: string, options: UrlFolderOptions = {}): Promise<ModelFolder> {
  return openModelFiles(await findUrlFiles(url, options), options.signal ? { signal: options.signal } : {});
}

/**
 * Finds the files of a model folder on a web server, which lists none: each is named by the one before it, the tokenizer's by
 * the configuration, the shards by their index.
 */
async function findUrlFiles(url: string, options: UrlFolderOptions): Promise<FileSet> {
  const folder = folderUrl(url);
  const progress = createProgress(options);
  const finder = createFinder(folder, { ...options, onBytes: progress.count });
  const configText = await finder.findText("config.json");
  if (!configText) throw notFound(folder, "there is no config.json");
  const { tokenizer } = parseConfig(parseJsonFile("config.json", configText));
  if (!(await finder.findText(tokenizer.file))) throw notFound(folder, `there is no ${tokenizer.file}`);
  await findWeights(folder, finder, options.wholeBytes ?? defaultWholeBytes, progress);
  progress.setTotal([...finder.found.values()].reduce((sum, { byteLength }) => sum + byteLength, 0));
  return fileSet(folder, finder);
}

/** What was found. */
function fileSet(folder: URL, { found }: Finder): FileSet {
  return {
    label: folder.href,
    files: [...found].map(([path, { byteLength }]) => ({ path, byteLength, sha256: null })),
    async open(path) {
      const reader = found.get(path);
      if (!reader) throw notFound(folder, `there is no ${path}`);
      return reader;
    },
  };
}

/** Finds those of some files that a folder on a web server has. @throws AuroraError `ModelNotFound` where it has none, `DownloadFailed` */
export async function findNamedFiles(
  url: string,
  names: readonly string[],
  options: UrlFolderOptions = {},
): Promise<FileSet> {
  const folder = folderUrl(url);
  const finder = createFinder(folder, options);
  for (const name of names) {
    if (/\.(json|txt)$/.test(name)) await finder.findText(name);
    else await finder.find(name, options.wholeBytes ?? defaultWholeBytes);
  }
  if (finder.found.size === 0) throw notFound(folder, `there is no ${names[0]}`);
  return fileSet(folder, finder);
}

async function findWeights(folder: URL, finder: Finder, wholeBytes: number, progress: Progress): Promise<void> {
  const loaded = progress.loaded();
  const setTotal = (byteLength: number) => progress.setTotal(loaded + byteLength);
  if (await finder.find(weightsName, wholeBytes, setTotal)) return;
  const index = await finder.findText(indexName);
  if (!index) throw notFound(folder, `there is neither ${weightsName} nor ${indexName}`);
  const { weightMap, tensorBytes } = parseShardIndex(indexName, index);
  // Large shards are read tensor by tensor, so that memory never holds the whole model.
  const limit = tensorBytes !== null && tensorBytes <= wholeBytes ? wholeBytes : 0;
  for (const shard of new Set(weightMap.values())) {
    if (!(await finder.find(shard, limit))) {
      throw notFound(folder, `${shard}, which its ${indexName} names, is missing`);
    }
  }
}

/** Asks for files of a folder one by one. */
type Finder = {
  /** Those that were there. */
  readonly found: ReadonlyMap<string, RangeReader>;
  /** Opens a file, whole up to `wholeBytes`; null where there is none. @param onLength called with its length before it is fetched */
  find(name: string, wholeBytes: number, onLength?: (byteLength: number) => void): Promise<RangeReader | null>;
  /** Content of a file that is text; null where there is none. */
  findText(name: string): Promise<Uint8Array | null>;
};

function createFinder(folder: URL, options: UrlReaderOptions): Finder {
  const found = new Map<string, RangeReader>();
  let digests: Digests = new Map();

  /** Opens a file; one that did not come as it should be is asked for once more, past the browser's cache. */
  async function open(name: string, wholeBytes: number, onLength?: (byteLength: number) => void) {
    const url = new URL(name, folder);
    const ask = (cached: true | "anew") =>
      openUrlFile(url, subject(name), wholeBytes, { ...options, cached }, onLength);
    const first = await ask(true);
    if (!first || (await isWell(name, first, wholeBytes))) return first;
    const second = await ask("anew");
    if (!second || (await isWell(name, second, wholeBytes)) || digests.size === 0) return second;
    throw name === "config.json" ? changedConfig(url) : wrongContent(url, subject(name), "its checksum is another");
  }

  /** Files that are read by ranges are not checked. */
  async function isWell(name: string, reader: RangeReader, wholeBytes: number): Promise<boolean> {
    const isConfig = name === "config.json";
    if ((!isConfig && !digests.has(name)) || reader.byteLength > wholeBytes) return true;
    const content = await reader.read(0, reader.byteLength);
    const told = isConfig ? readDigests(content) : digests;
    digests = told ?? new Map();
    return told !== null && isIntact(name, content, digests);
  }

  return {
    found,
    async find(name, wholeBytes, onLength) {
      const reader = await open(name, wholeBytes, onLength);
      if (reader) found.set(name, reader);
      return reader;
    },
    async findText(name) {
      const reader = await open(name, Number.POSITIVE_INFINITY);
      const text = await reader?.read(0, reader.byteLength);
      // An index page that a static server answers instead of a missing file, under whatever type.
      if (!reader || !text || /^\s*</.test(new TextDecoder().decode(text.subarray(0, 64)))) return null;
      found.set(name, reader);
      return text;
    },
  };
}

/** The error for a `config.json` that is not as it was written, be it that somebody edited it. */
function changedConfig({ host }: URL): AuroraError {
  return new AuroraError(
    "DownloadFailed",
    `${host} sent a wrong config.json: its checksum is another. If you changed the file yourself, take the line "config.json" out of its section "sha256"; if not, use another copy of the model.`,
  );
}

function subject(name: string): Subject {
  return {
    name,
    advice: {
      page: "Look whether this network asks you to sign in first, then try again.",
      forbidden: "The model may be private or its address wrong.",
      missing: "Check the address.",
      missingCode: "ModelNotFound",
      keeps: false,
    },
  };
}

type Progress = ReturnType<typeof createProgress>;

/** Counts bytes that arrive. A tensor that is read again counts again, yet no more than all is ever reported. */
function createProgress({ onProgress }: UrlFolderOptions) {
  let loaded = 0;
  let total: number | null = null;
  const report = () => onProgress?.(total === null ? loaded : Math.min(loaded, total), total);
  return {
    count(bytes: number): void {
      loaded += bytes;
      report();
    },
    loaded: () => loaded,
    setTotal(bytes: number): void {
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

function notFound(folder: URL, reason: string): AuroraError {
  return new AuroraError("ModelNotFound", `No model was found at ${folder.href}: ${reason}. Check the address.`);
}
