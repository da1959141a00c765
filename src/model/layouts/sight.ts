import { Fields, isRecord } from "../fields.ts";
import type { FileSet } from "../file-set.ts";
import { readJson } from "../model-files.ts";
import { type Family, familyOf, withTrainedMarks } from "./families.ts";
import type { Sight } from "./find-parts.ts";
import type { Language } from "./language.ts";
import type { TensorMap } from "./mapped-source.ts";
import { mapProjector, type Projector } from "./projector.ts";
import { mapVision } from "./vision.ts";
import { describeVision } from "./vision-config.ts";
import { promptOf, readXtunerConfig, type XtunerConfig } from "./xtuner.ts";

/** How a language model is used: as part of one that sees, or by itself. */
export type Usage = {
  /** What is seen through, with our names and shapes. */
  readonly tensors: TensorMap;
  /** What kind of model it is, for people. */
  readonly name: string;
  /** Sections of our `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly prompt: Family["prompt"];
  readonly notices: readonly string[];
};

/**
 * Maps encoder and projector to ours, and finds out how the model was trained to use them.
 *
 * @param rootConfig content of the `config.json` in the files' root; null where there is none
 * @param embedding reads one row of the language model's embedding; null where it has none of that id
 * @throws AuroraError `ModelUnsupported`, `ModelCorrupt`
 */
export async function describeSight(
  files: FileSet,
  sight: Sight,
  language: Language,
  rootConfig: unknown,
  embedding: (id: number) => Promise<Float32Array | null>,
): Promise<Usage> {
  const family = await withTrainedMarks(familyOf(sight.projector), embedding);
  const vision = mapVision(sight.vision, {
    usedLayers: (layers) => layers + 1 + family.vision.selectLayer,
    postLayernorm: family.vision.postLayernorm,
  });
  const projector = mapProjector(sight.projector, vision.width, language.config.hidden_size);
  const xtuner = await readXtunerConfig(files);
  const ofPrompt = xtuner?.template ? [] : (family.promptNotices ?? []);
  const notices = [...family.notices, ...ofPrompt, ...(xtuner?.notices ?? [])];
  const visionConfig = describeVision(
    vision,
    await readVisionFiles(files, sight.vision.folder.path, rootConfig, xtuner),
    family.vision,
    (notice) => notices.push(notice),
  );
  const merge = family.merge(vision.patches, vision.layers);
  const descends = merge !== null && /descend/i.test(files.label);
  if (descends) notices.push("Its name says that tokens are sorted descending, so they are.");
  return {
    tensors: new Map([...vision.tensors, ...projector.tensors]),
    name: family.name,
    config: {
      vision_config: visionConfig,
      ...(merge && { merge_config: descends ? { ...merge, order: "descending" } : merge }),
      projector_config: await describeProjector(files, sight.projector.folder.path, projector, family),
    },
    prompt: xtuner?.template ? promptOf(xtuner.template, family.prompt) : family.prompt,
    notices,
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
