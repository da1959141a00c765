import type { FoundPart } from "./part.ts";
import type { VisionDefaults } from "./vision-config.ts";

/** What the models of one family have in common beyond their tensors: they are used the way they were trained. */
export type Family = {
  readonly name: string;
  readonly vision: VisionDefaults;
  /** Activation between the projector's layers. */
  readonly projectorAct: "gelu" | "relu";
  /** `merge_config` of our `config.json`; null for no merging. */
  merge(patches: number, layers: number): Record<string, unknown> | null;
  readonly prompt: {
    readonly sandwich: Template;
    readonly memory: Template;
    readonly next_turn: string;
    readonly speech: string;
    readonly stop_ids: readonly number[];
    readonly stop_strings: readonly string[];
  };
  /** Sentences for the person about what the release leaves open. */
  readonly notices: readonly string[];
  /** The same about the prompt, where no file beside the weights settles it. */
  readonly promptNotices?: readonly string[];
};

type Template = { readonly before: string; readonly between_frames: string; readonly after: string };

/** What is said, as a line of its own between two frames. None of the models was trained with any, so that nothing is more right. */
const spokenLine = "\nSpoken: {speech}\n";

/** The share of patches that AuroraLong was trained with. */
const keptShare = 0.1;

/**
 * AuroraLong (arXiv 2507.02591) and the authors' RWKV-7 successor. Merging as in AuroraCap's released encoder
 * (rese1f/aurora), which treats the first patch as if it were a class token; the question before and after the frames as in
 * the paper, one space between frames as in AuroraCap's training data.
 */
export const auroraLong: Family = {
  name: "AuroraLong",
  vision: {
    selectLayer: -2,
    postLayernorm: false,
    // The encoder's blocks are built anew with PyTorch's own, whatever its config.json says.
    blockNormEps: 1e-5,
    // VideoRWKV7's file, by the same authors.
    processor: { image_processor_type: "CLIPImageProcessor" },
    processorNotice: "the shorter side is resized, the middle cut out, colours are CLIP's (as in VideoRWKV7)",
  },
  projectorAct: "gelu",
  merge: (patches, layers) => ({
    // All layers share what is to go, though the last is not used.
    r: Array.from({ length: layers - 1 }, () => Math.floor((patches * (1 - keptShare)) / layers)),
    protect_first: true,
    drop_first: true,
    proportional_attention: false,
    order: "ascending",
    sort: "every-layer",
  }),
  prompt: {
    sandwich: {
      before: "User: {question}\n",
      between_frames: " ",
      after: "\n{question}\n\nAssistant:",
    },
    memory: {
      before: "User: Watch the video.\n",
      between_frames: " ",
      after: "\n{question}\n\nAssistant:",
    },
    next_turn: "User: {question}\n\nAssistant:",
    speech: spokenLine,
    // The end of a text, and an empty line.
    stop_ids: [0, 261],
    stop_strings: ["\n\n"],
  },
  notices: ["The release does not say how tokens are merged: it is done as in the paper and in AuroraCap's code."],
  promptNotices: [
    "The release does not say how the model is prompted: it is done as in the paper and in AuroraCap's code.",
    "Questions from memory use a lead-in that the model was not trained with.",
  ],
};

/**
 * ModRWKV and WorldRWKV (arXiv 2505.14505; Joluck/WorldRWKV, `infer/worldmodel.py`): all layers of SigLIP2 and its last norm, no
 * merging, pictures between two marks at the start of the user's turn, turns framed by the bytes 0x16 and 0x17.
 */
const modRwkv: Family = {
  name: "ModRWKV",
  vision: {
    selectLayer: -1,
    postLayernorm: true,
    processor: { image_processor_type: "SiglipImageProcessor", resample: 2 },
    processorNotice: "they are stretched to a square (bilinear), as SigLIP2's are",
  },
  projectorAct: "relu",
  merge: () => null,
  prompt: {
    sandwich: {
      before: "\x16User:<|65530|>",
      between_frames: "<|65531|><|65530|>",
      after: "<|65531|>{question}\x17\x16Assistant:",
    },
    memory: {
      before: "\x16User:<|65530|>",
      between_frames: "<|65531|><|65530|>",
      after: "<|65531|>{question}\x17\x16Assistant:",
    },
    next_turn: "\x16User:{question}\x17\x16Assistant:",
    speech: "<|65531|>Spoken: {speech}<|65530|>",
    // The end of a text, and the byte 0x17.
    stop_ids: [0, 24],
    stop_strings: [],
  },
  notices: [
    "ModRWKV was trained on pictures, not on videos: each frame is read as a picture of its own.",
    "It reads the question after the pictures only, also when it looks again.",
  ],
};

/** ModRWKV's names without its marks: an early release of it, which read pictures at the same place without them. */
const unmarkedModRwkv: Family = {
  ...modRwkv,
  prompt: {
    ...modRwkv.prompt,
    sandwich: { before: "\x16User:", between_frames: "", after: "{question}\x17\x16Assistant:" },
    memory: { before: "\x16User:", between_frames: "", after: "{question}\x17\x16Assistant:" },
    speech: spokenLine,
  },
  notices: [
    ...modRwkv.notices,
    "Its marks around pictures (ids 65530 and 65531) look as if they had never been trained, so that it is used without them.",
  ],
};

/** WorldRWKV's first releases (`modality.world_encoder.adapter`): pictures stand before the text, without marks. */
const worldRwkv: Family = {
  ...modRwkv,
  name: "WorldRWKV",
  prompt: {
    ...modRwkv.prompt,
    sandwich: { before: "", between_frames: "", after: "\x16User: {question}\x17\x16Assistant:" },
    memory: { before: "", between_frames: "", after: "\x16User: {question}\x17\x16Assistant:" },
    next_turn: "\x16User: {question}\x17\x16Assistant:",
    speech: spokenLine,
  },
};

/** Ids of the marks around pictures, and one that no release uses. */
const pictureMarks = [65530, 65531] as const;
const unusedId = 65535;

/** How far apart the sizes of two rows that were drawn at random may be, relative to the one. */
const sameSize = 0.1;

/**
 * The family without marks where the embedding's rows for them are no larger and no smaller than one of an id that nothing
 * ever was trained with.
 *
 * @param embedding reads one row of the embedding; null where it has none of that id
 */
export async function withTrainedMarks(
  family: Family,
  embedding: (id: number) => Promise<Float32Array | null>,
): Promise<Family> {
  if (family !== modRwkv) return family;
  const [unused, ...marks] = await Promise.all([unusedId, ...pictureMarks].map(embedding));
  if (!unused) return family;
  const size = rms(unused);
  const trained = marks.some((row) => !row || Math.abs(rms(row) - size) > sameSize * size);
  return trained ? family : unmarkedModRwkv;
}

function rms(row: Float32Array): number {
  return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length);
}

/** The families differ in their projectors: in what the layers are called, and whether there is a norm. */
export function familyOf(projector: FoundPart): Family {
  const isAdapter = /(^|\.)(mlp|proj)\.\d+\.weight$/.test(projector.names.get("connector.0.weight") ?? "");
  if (!isAdapter && !projector.names.has("connector.norm.weight")) return auroraLong;
  return projector.prefix.endsWith("world_encoder.adapter.") ? worldRwkv : modRwkv;
}
