import type { Checkpoint } from "./checkpoint-type.ts";
import { Fields, isRecord } from "./fields.ts";
import type { FileSet } from "./file-set.ts";
import { toFloat32 } from "./half.ts";
import { findDocuments, readLicense } from "./layouts/documents.ts";
import { type Family, familyOf, withTrainedMarks } from "./layouts/families.ts";
import { findParts, noWeights, openFolders } from "./layouts/find-parts.ts";
import { type Language, mapLanguage } from "./layouts/language.ts";
import { createMappedSource } from "./layouts/mapped-source.ts";
import { unsupported } from "./layouts/part.ts";
import { mapProjector, type Projector } from "./layouts/projector.ts";
import { mapVision } from "./layouts/vision.ts";
import { describeVision } from "./layouts/vision-config.ts";
import { promptOf, readXtunerConfig, type XtunerConfig } from "./layouts/xtuner.ts";
import { readJsonFile } from "./model-files.ts";
import { openWeightFolder } from "./open-weights.ts";
import { joinRowSlices } from "./row-slices.ts";
import type { TensorSource } from "./tensors.ts";

/** Files that come with the app and that checkpoints may lack. */
type Assets = { worldVocabulary(): Promise<Uint8Array> };

const vocabularyFile = "rwkv_vocab_v20230424.txt";

/**
 * Recognises a checkpoint by its tensors' names, wherever they lie among the files: an xtuner folder of AuroraLong, a ModRWKV
 * in one file, a language model together with SigLIP and a projector, or a model folder of ours. Reads descriptions, and of
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
  const family = await withTrainedMarks(familyOf(parts.projector), (id) => readEmbedding(language, id));
  const vision = mapVision(parts.vision, {
    usedLayers: (layers) => layers + 1 + family.vision.selectLayer,
    postLayernorm: family.vision.postLayernorm,
  });
  const projector = mapProjector(parts.projector, vision.width, language.config.hidden_size);
  const xtuner = await readXtunerConfig(files);
  const ofPrompt = xtuner?.template ? [] : (family.promptNotices ?? []);
  const notices = [...family.notices, ...ofPrompt, ...parts.notices, ...(xtuner?.notices ?? [])];
  const visionConfig = describeVision(
    vision,
    await readVisionFiles(files, parts.vision.folder.path, rootConfig, xtuner),
    family.vision,
    (notice) => notices.push(notice),
  );
  const tensors = createMappedSource(new Map([...vision.tensors, ...projector.tensors, ...language.tensors]));
  const merge = family.merge(vision.patches, vision.layers);
  const license = await readLicense(files);
  return {
    layout: `${family.name}, RWKV-${language.version} in ${parts.language.form}'s names`,
    config: {
      model_type: "auroralong",
      name: `${family.name} ${describeSize(tensors)} (RWKV-${language.version})`,
      license,
      vision_config: visionConfig,
      ...(merge && { merge_config: merge }),
      projector_config: await describeProjector(files, parts.projector.folder.path, projector, family),
      text_config: language.config,
      tokenizer: { type: "rwkv-world", file: vocabularyFile },
      prompt: describePrompt(xtuner?.template ? promptOf(xtuner.template, family.prompt) : family.prompt, language),
      sampling: { fps: 1 },
    },
    tensors,
    tokenizer: { file: vocabularyFile, read: () => readVocabulary(files, assets) },
    license,
    notices,
    documents: findDocuments(files),
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

async function readVisionFiles(files: FileSet, folder: string, rootConfig: unknown, xtuner: XtunerConfig | null) {
  const at = folder === "" ? "" : `${folder}/`;
  const name = "preprocessor_config.json";
  const preprocessor = (await readJson(files, at + name)) ?? (await readJson(files, name)) ?? xtuner?.processor;
  return {
    config: folder === "" ? rootConfig : await readJson(files, `${at}config.json`),
    preprocessor,
    pads:
      xtuner?.padsToSquare === true ||
      [preprocessor, rootConfig].some((json) => isRecord(json) && json.image_aspect_ratio === "pad"),
  };
}

async function describeProjector(files: FileSet, folder: string, projector: Projector, family: Family) {
  const json = folder === "" ? null : await readJson(files, `${folder}/config.json`);
  const fields = new Fields(`${folder}/config.json`, "", isRecord(json) ? json : {});
  return {
    depth: projector.depth,
    hidden_act: fields.text("hidden_act", family.projectorAct),
    hidden_size: projector.hidden,
    residual_norm: projector.residualNorm,
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
  const own = files.files
    .map(({ path }) => path)
    .filter((path) => path === vocabularyFile || path.endsWith(`/${vocabularyFile}`))
    .sort((a, b) => a.length - b.length);
  return own[0] === undefined ? assets.worldVocabulary() : readWhole(files, own[0]);
}

async function readWhole(files: FileSet, path: string): Promise<Uint8Array> {
  const reader = await files.open(path);
  return reader.read(0, reader.byteLength);
}

/** A file's parsed content; null where there is no such file. */
async function readJson(files: FileSet, path: string): Promise<unknown> {
  return files.files.some((file) => file.path === path) ? readJsonFile(files, path) : null;
}
