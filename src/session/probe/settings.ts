import type { ModelConfig, SeeingConfig } from "../../model/config.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { KeptSetting } from "./report.ts";

/** A value that a field of a model's configuration might have had in training. */
export type Setting = KeptSetting & {
  /** What must be computed anew: the frame's pixels, the encoder, or only what is read around the pictures. */
  readonly part: "pixels" | "encoder" | "prompt";
};

/**
 * All settings to be tried, each by itself: other values of what may have been assumed wrongly. They show in what pictures
 * tell, so a model for text only has none.
 */
export function listSettings(config: ModelConfig, tokenizer: Pick<Tokenizer, "specialTokens" | "encode">): Setting[] {
  const { vision } = config;
  if (!vision) return [];
  const seeing = { ...config, vision };
  return [...pixelSettings(seeing), ...encoderSettings(seeing), ...promptSettings(config, tokenizer)];
}

function pixelSettings({ vision }: SeeingConfig): Setting[] {
  const { fit, resample, imageMean, imageSize, columnsFirst } = vision;
  const set = (field: string, value: string, label: string, fields: Record<string, unknown>): Setting => ({
    field: `vision_config.${field}`,
    value,
    label,
    assumptions: { vision_config: fields },
    part: "pixels",
  });
  // Released models resize before they cut; our own older folders, which take columns first, do not.
  const edge = vision.resizeEdge ?? (columnsFirst ? null : imageSize);
  const fits = { stretch: "stretched to squares", crop: "cut to squares", letterbox: "padded to squares" };
  const colours: [string, string, number[], number[]][] = [
    ["0.5", "colours around 0.5", [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]],
    ["CLIP", "CLIP's colours", [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]],
  ];
  return [
    ...(["stretch", "crop", "letterbox"] as const)
      .filter((value) => value !== fit)
      .map((value) => {
        const fields = value === "crop" && edge !== null ? { fit: value, resize_edge: edge } : { fit: value };
        return set("fit", value, `pictures ${fits[value]}`, fields);
      }),
    ...(["bicubic", "bilinear"] as const)
      .filter((value) => value !== resample)
      .map((value) => set("resample", value, `${value} resizing`, { resample: value })),
    ...colours
      .filter(([, , mean]) => mean.some((each, i) => each !== imageMean[i]))
      .map(([value, label, mean, std]) => set("image_mean", value, label, { image_mean: mean, image_std: std })),
  ];
}

function encoderSettings({ vision, merge }: SeeingConfig): Setting[] {
  const set = (
    section: "vision_config" | "merge_config",
    field: string,
    value: string,
    label: string,
    fields: Record<string, unknown>,
  ): Setting => ({
    field: `${section}.${field}`,
    value,
    label,
    assumptions: { [section]: fields },
    part: "encoder",
  });
  const eps = [1e-5, 1e-6]
    .filter((value) => value !== vision.blockNormEps)
    .map((value) =>
      set(
        "vision_config",
        "block_norm_eps",
        value.toExponential(),
        `an eps of ${value.toExponential()} in the blocks`,
        {
          block_norm_eps: value,
        },
      ),
    );
  if (merge.r.every((count) => count === 0)) return eps;
  const sorts = (
    [
      ["ascending", "every-layer"],
      ["ascending", "last"],
      ["descending", "every-layer"],
      ["none", "every-layer"],
    ] as const
  )
    .filter(([order, sort]) => order !== merge.order || (order !== "none" && sort !== merge.sort))
    .map(([order, sort]) => {
      const when = sort === "last" ? "after the last layer" : "in every layer";
      const label = order === "none" ? "tokens left unsorted" : `tokens sorted ${order} ${when}`;
      return set("merge_config", "order", order === "none" ? order : `${order}, ${sort}`, label, { order, sort });
    });
  const proportional = !merge.proportionalAttention;
  const attention = set(
    "merge_config",
    "proportional_attention",
    String(proportional),
    `attention ${proportional ? "by" : "without"} tokens' sizes`,
    { proportional_attention: proportional },
  );
  const [first = 0] = merge.r;
  // Frames padded to a multiple of 14 before they were divided: one token more goes in each layer.
  const isUniform = first > 1 && merge.r.every((count) => count === first);
  const more = set("merge_config", "r", String(first + 1), `${first + 1} tokens merged in a layer`, {
    r: merge.r.map((count) => count + 1),
  });
  return [...eps, ...sorts, attention, ...(isUniform ? [more] : [])];
}

type Wording = { readonly before: string; readonly between: string; readonly after: string; readonly lead: string };

/** How the families of models put pictures and a question into words. */
const wordings: readonly (Wording & { readonly name: string; readonly label: string })[] = [
  {
    name: "user",
    label: "the prompt “User: … Assistant:”",
    before: "User: ",
    between: " ",
    after: "\n{question}\n\nAssistant:",
    lead: " ",
  },
  {
    name: "xtuner",
    label: "xtuner's default prompt",
    before: "<|User|>:",
    between: " ",
    after: "\n{question}\n<|Bot|>:",
    lead: "",
  },
  {
    name: "vicuna",
    label: "Vicuna's prompt",
    before: "USER: ",
    between: " ",
    after: "\n{question} ASSISTANT:",
    lead: "",
  },
  {
    name: "inside-with-marks",
    label: "pictures between marks inside the user's turn",
    before: "\x16User:<|65530|>",
    between: "<|65531|><|65530|>",
    after: "<|65531|>{question}\x17\x16Assistant:",
    lead: " ",
  },
  {
    name: "inside",
    label: "pictures inside the user's turn, without marks",
    before: "\x16User:",
    between: "",
    after: "{question}\x17\x16Assistant:",
    lead: " ",
  },
  {
    name: "before",
    label: "pictures before all text",
    before: "",
    between: "",
    after: "\x16User: {question}\x17\x16Assistant:",
    lead: " ",
  },
  {
    name: "answer",
    label: "a line with the question, and “Answer:”",
    before: "",
    between: "",
    after: "\n{question}\nAnswer:",
    lead: " ",
  },
];

function promptSettings({ prompt }: ModelConfig, tokenizer: Pick<Tokenizer, "specialTokens" | "encode">): Setting[] {
  const { memory, answerLead } = prompt;
  const known = (wording: Wording) => !wording.before.includes("<|65530|>") || tokenizer.specialTokens.has("<|65530|>");
  const same = (a: Omit<Wording, "lead">) =>
    a.before === memory.before && a.between === memory.betweenFrames && a.after === memory.after;
  const others = wordings
    .filter((wording) => known(wording) && !same(wording))
    .map(({ name, label, before, between, after, lead }): Setting => {
      const template = { before, between_frames: between, after };
      const fields = { memory: template, sandwich: template, next_turn: nextTurn(template), answer_lead: lead };
      return { field: "prompt", value: name, label, assumptions: { prompt: fields }, part: "prompt" };
    });
  const lead = answerLead === "" ? " " : "";
  return [
    ...others,
    {
      field: "prompt.answer_lead",
      value: JSON.stringify(lead),
      label: lead === "" ? "answers without a space in front" : "answers with a space in front",
      assumptions: { prompt: { answer_lead: lead } },
      part: "prompt",
    },
  ];
}

/** A further question: the same words without pictures. */
function nextTurn({ before, after }: { before: string; after: string }): string {
  const strip = (text: string) => text.replaceAll(/<\|6553[01]\|>/g, "");
  return before === "" ? after : `${strip(before)}${strip(after).trimStart()}`;
}
