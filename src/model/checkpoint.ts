import type { Checkpoint } from "./checkpoint-type.ts";
import { Fields, isRecord } from "./fields.ts";
import type { FileSet } from "./file-set.ts";
import { toFloat32 } from "./half.ts";
import { findDocuments, readLicense } from "./layouts/documents.ts";
import { chatPrompt, type Family } from "./layouts/families.ts";
import { findParts, noWeights, openFolders } from "./layouts/find-parts.ts";
import { type Language, mapLanguage } from "./layouts/language.ts";
import { createMappedSource } from "./layouts/mapped-source.ts";
import { unsupported } from "./layouts/part.ts";
import { describeSight, type Usage } from "./layouts/sight.ts";
import { readJson } from "./model-files.ts";
import { openWeightFolder } from "./open-weights.ts";
import { joinRowSlices } from "./row-slices.ts";
import type { TensorSource } from "./tensors.ts";

/** Files that come with the app and that checkpoints may lack. */
type Assets = { worldVocabulary(): Promise<Uint8Array> };

const vocabularyFile = "rwkv_vocab_v20230424.txt";

/**
 * Recognises a checkpoint by its tensors' names, wherever they lie among the files: an xtuner folder of AuroraLong, a ModRWKV
 * in one file, a language model together with SigLIP and a projector or by itself, or a model folder of ours. Reads descriptions, and of
 * a ModRWKV three rows of its embedding.
 *
 * @throws AuroraError `ModelNotFound` for files without weights, `ModelUnsupported` for models of other kinds,
 *   `ModelCorrupt` for missing tensors; errors of the files' readers
 */
export async function openCheckpoint(files: FileSet, assets: Assets): Promise<Checkpoint> {
  const rootConfig = await readJson(files, "config.json");
  if (isRecord(rootConfig) && rootConfig.model_type === "auroralong") return openOwnFolder(files, rootConfig);
  const parts = findParts(files, await openFolders(files));
  const language = mapLanguage(parts.language);
  const embedding = (id: number) => readEmbedding(language, id);
  const usage = parts.sight
    ? await describeSight(files, parts.sight, language, rootConfig, embedding)
    : describeTextOnly(files, language);
  const tensors = createMappedSource(new Map([...usage.tensors, ...language.tensors]));
  const license = await readLicense(files);
  return {
    layout: `${usage.name}, RWKV-${language.version} in ${parts.language.form}'s names`,
    config: {
      model_type: "auroralong",
      name: `${usage.name} ${describeSize(tensors)} (RWKV-${language.version})`,
      license,
      ...usage.config,
      text_config: language.config,
      tokenizer: { type: "rwkv-world", file: vocabularyFile },
      prompt: describePrompt(usage.prompt, language),
      sampling: { fps: 1 },
    },
    tensors,
    tokenizer: { file: vocabularyFile, read: () => readVocabulary(files, assets) },
    license,
    notices: [...usage.notices, ...parts.notices],
    documents: findDocuments(files),
  };
}

/** The World vocabulary's largest id of a text. */
const largestTextId = 65529;

/** @throws AuroraError `ModelUnsupported` for one of another vocabulary */
function describeTextOnly(files: FileSet, { config: { vocab_size: size } }: Language): Usage {
  if (size <= largestTextId && !findVocabulary(files))
    throw unsupported(`has a vocabulary of ${size} entries: it was trained with another tokenizer than RWKV World's`);
  return {
    tensors: new Map(),
    name: "Text-only",
    config: { sees: false },
    prompt: chatPrompt,
    notices: [],
  };
}

async function openOwnFolder(files: FileSet, json: Record<string, unknown>): Promise<Checkpoint> {
  const { quantization_config: quantized, ...config } = json;
  if (quantized !== undefined && quantized !== null)
    throw unsupported("is quantised already and cannot be converted to another form");
  const fields = new Fields("config.json", "", config);
  const tokenizer = fields.section("tokenizer", true);
  const isWorld = tokenizer.text("type", "huggingface") === "rwkv-world";
  const file = tokenizer.text("file", isWorld ? vocabularyFile : "tokenizer.json");
  const weights = await openWeightFolder(files, "");
  if (!weights) throw noWeights(files);
  return {
    layout: "model folder of this app",
    config,
    tensors: joinRowSlices(weights),
    tokenizer: { file, read: () => readWhole(files, file) },
    license: fields.text("license", "unknown"),
    notices: [],
    documents: findDocuments(files),
  };
}

async function readEmbedding({ tensors, config }: Language, id: number): Promise<Float32Array | null> {
  if (id >= config.vocab_size) return null;
  return toFloat32(await createMappedSource(tensors).read("emb.weight", [id, id + 1]));
}

function describePrompt(prompt: Family["prompt"], { config }: Language) {
  return { ...prompt, stop_ids: prompt.stop_ids.filter((id) => id < config.vocab_size) };
}

/** Number of weights, e.g. "1.9B" or "430M". */
function describeSize(tensors: TensorSource): string {
  const count = tensors.names.reduce(
    (sum, name) => sum + (tensors.info(name)?.shape ?? []).reduce((product, size) => product * size, 1),
    0,
  );
  return count < 1e9 ? `${Math.max(1, Math.round(count / 1e6))}M` : `${(count / 1e9).toFixed(1)}B`;
}

/** The checkpoint's own vocabulary where it has one, else the one that all World models share. */
async function readVocabulary(files: FileSet, assets: Assets): Promise<Uint8Array> {
  const own = findVocabulary(files);
  return own === undefined ? assets.worldVocabulary() : readWhole(files, own);
}

/** Path of the vocabulary that lies nearest to the root. */
function findVocabulary({ files }: FileSet): string | undefined {
  const own = files
    .map(({ path }) => path)
    .filter((path) => path === vocabularyFile || path.endsWith(`/${vocabularyFile}`));
  return own.sort((a, b) => a.length - b.length)[0];
}

async function readWhole(files: FileSet, path: string): Promise<Uint8Array> {
  const reader = await files.open(path);
  return reader.read(0, reader.byteLength);
}
