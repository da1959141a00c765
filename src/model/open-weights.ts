import type { RangeReader } from "../bytes/range-reader.ts";
import { AuroraError } from "../errors.ts";
import { loadPart } from "../load-part.ts";
import { corruptFile } from "./fields.ts";
import type { FileSet } from "./file-set.ts";
import { openSafetensors } from "./safetensors.ts";
import { isWeightFile } from "./select-files.ts";
import { parseShardIndex } from "./shard-index.ts";
import type { TensorSource } from "./tensors.ts";

/**
 * Opens a file of weights, safetensors or written by PyTorch's `torch.save`; the content says which, not the name.
 *
 * @throws AuroraError `ModelCorrupt`; `ModelUnsupported` for other formats; errors of `reader`
 */
export async function openWeightFile(reader: RangeReader): Promise<TensorSource> {
  const start = await reader.read(0, Math.min(512, reader.byteLength));
  // Text of one character a byte, to compare with.
  const text = String.fromCharCode(...start);
  if (text.startsWith("PK\x03\x04")) {
    const { openTorchZip } = await loadPart(() => import("./torch-zip.ts"));
    return openTorchZip(reader);
  }
  // Behind the length of its header, which may be any number, safetensors begins with JSON.
  if (text[8] === "{") return openSafetensors(reader);
  // Before 1.6 torch.save wrote several pickles in a row, and long before that a tar file.
  if (text.startsWith("\x80") || text.startsWith("ustar", 257)) {
    throw unsupported(reader, "was saved in PyTorch's old format", "Load and save it with PyTorch 1.6 or newer");
  }
  if (text.startsWith("GGUF")) {
    throw unsupported(reader, "is a GGUF file", "Use the model's safetensors or PyTorch file");
  }
  return openSafetensors(reader);
}

function unsupported({ name }: RangeReader, what: string, advice: string): AuroraError {
  return new AuroraError("ModelUnsupported", `The model's ${name} ${what}, which this app cannot read. ${advice}.`);
}

/** In the order in which they are preferred. */
const indexNames = ["model.safetensors.index.json", "pytorch_model.bin.index.json"];
const maxIndexLength = 1 << 26;

/**
 * Opens the weights that lie in a folder, but not those in folders inside it: the files that its index names, where it
 * has one, else all but what a trainer left. A file of `torch.save` whose tensors are all in the folder's safetensors files too is left out.
 *
 * @param folder without "/" at its end; "" for the root
 * @param onTwice makes the error for files without an index that have tensors of the same name
 * @returns null when the folder has no weights
 * @throws AuroraError `ModelCorrupt` when two files have a tensor of the same name; `ModelNotFound` when a file is missing
 *   that the index names; errors of `openWeightFile`
 */
export async function openWeightFolder(
  files: FileSet,
  folder: string,
  onTwice: OnTwice = saysTwice,
): Promise<TensorSource | null> {
  const prefix = folder === "" ? "" : `${folder}/`;
  const names = files.files
    .filter(({ path }) => path.startsWith(prefix) && !path.includes("/", prefix.length))
    .map(({ path }) => path.slice(prefix.length));
  const indexName = indexNames.find((name) => names.includes(name));
  if (indexName !== undefined) return openShards(files, prefix, indexName, names);
  const weights = names.filter(isWeightFile);
  if (weights.length === 0) return null;
  const sources = new Map<string, TensorSource>();
  // Safetensors first, so that a pickled copy is the one left out.
  for (const name of weights.sort((a, b) => Number(isPickled(a)) - Number(isPickled(b)))) {
    sources.set(name, await openWeightFile(await files.open(prefix + name)));
  }
  return joinSources(sources, onTwice);
}

type OnTwice = (twice: { readonly tensor: string; readonly files: ReadonlyMap<string, TensorSource> }) => AuroraError;

const saysTwice: OnTwice = ({ tensor, files }) => {
  const [other, file = ""] = files.keys();
  return corruptFile(file, `has a tensor ${tensor}, and so does ${other}`);
};

function isPickled(name: string): boolean {
  return !/\.(safetensors|st)$/i.test(name);
}

async function openShards(files: FileSet, prefix: string, indexName: string, names: readonly string[]) {
  const reader = await files.open(prefix + indexName);
  if (reader.byteLength > maxIndexLength)
    throw corruptFile(reader.name, `is damaged: it has ${reader.byteLength} bytes`);
  const { weightMap } = parseShardIndex(reader.name, await reader.read(0, reader.byteLength));
  const sources = new Map<string, TensorSource>();
  for (const file of new Set(weightMap.values())) {
    if (!names.includes(file)) {
      const message = `The model in ${files.label} lacks ${prefix}${file}, which its ${indexName} names.`;
      throw new AuroraError("ModelNotFound", `${message} Get the missing file or choose another model.`);
    }
    sources.set(file, await openWeightFile(await files.open(prefix + file)));
  }
  const placed = new Map<string, TensorSource>();
  for (const [name, file] of weightMap) {
    const source = sources.get(file);
    if (!source?.info(name)) throw corruptFile(prefix + file, `lacks tensor ${name}, which ${indexName} places there`);
    placed.set(name, source);
  }
  return createSource(prefix + indexName, placed, sources.values());
}

function joinSources(sources: ReadonlyMap<string, TensorSource>, onTwice: OnTwice): TensorSource {
  const placed = new Map<string, TensorSource>();
  const owners = new Map<string, string>();
  for (const [file, source] of sources) {
    const isCopy =
      isPickled(file) && source.names.every((name) => owners.has(name) && !isPickled(owners.get(name) ?? ""));
    if (isCopy) continue;
    for (const name of source.names) {
      if (owners.has(name)) {
        throw onTwice({ tensor: name, files: new Map([...sources].filter(([, each]) => each.info(name))) });
      }
      owners.set(name, file);
      placed.set(name, source);
    }
  }
  return createSource([...sources.keys()].join(", "), placed, sources.values());
}

function createSource(
  label: string,
  placed: ReadonlyMap<string, TensorSource>,
  sources: Iterable<TensorSource>,
): TensorSource {
  return {
    names: [...placed.keys()],
    unread: new Map([...sources].flatMap(({ unread }) => [...(unread ?? [])])),
    info: (name) => placed.get(name)?.info(name) ?? null,
    async read(name, rows) {
      const source = placed.get(name);
      if (!source) throw corruptFile(label, `has no tensor ${name}`);
      return source.read(name, rows);
    },
  };
}
