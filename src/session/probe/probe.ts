import { AuroraError } from "../../errors.ts";
import { gpuBudget, readGpuLimits } from "../../library/gpu-budget.ts";
import type { AppFiles } from "../../library/model-assets.ts";
import { addAssumptions } from "../../model/assumptions.ts";
import { type ModelConfig, type PromptConfig, parseConfig } from "../../model/config.ts";
import { createEncoder } from "../../vision/encoder.ts";
import type { Engine } from "../engine.ts";
import { createListener, type Listener } from "./listener.ts";
import { openPictureSet, type PictureSet, shuffleWords } from "./picture-set.ts";
import type { LanguageResult, ProbeOptions, ProbeReport, TriedSetting } from "./report.ts";
import { listSettings, type Setting } from "./settings.ts";
import { type ShownPictures, showPictures } from "./show-pictures.ts";
import { compareSetting, costsLess, countRight, judge, type PictureResult, readsLanguage } from "./verdict.ts";

/**
 * Finds out whether a model is read as it was trained: how much words in order mean to it, how well pictures tell it their
 * captions, and whether it would do better with another value of what may have been assumed wrongly.
 *
 * @param files the app's, among which the pictures are
 * @throws AuroraError `Aborted`, those of the files, the engine's
 */
export async function probeModel(engine: Engine, files: AppFiles, options: ProbeOptions = {}): Promise<ProbeReport> {
  const begin = performance.now();
  const set = await openPictureSet(files, engine.config.probe, engine.config.quantization);
  const listener = createListener(engine);
  const probe = createProbe(engine, set, listener, options);
  try {
    const language = await probe.readPassage();
    const reads = readsLanguage(language, set.bounds);
    const own = reads ? await probe.lookAtPictures() : null;
    const settings = own ? await probe.trySettings(own) : [];
    const { name: model } = engine.config;
    const seconds = (performance.now() - begin) / 1000;
    return {
      model,
      language,
      settings,
      notices: probe.notices,
      ...judge({ model, language, bounds: set.bounds, own, settings }),
      cost: { frames: probe.frames(), tokens: listener.tokens, seconds },
    };
  } finally {
    await probe.destroy();
    listener.destroy();
  }
}

function createProbe(engine: Engine, set: PictureSet, listener: Listener, { signal, onProgress }: ProbeOptions) {
  const { config, source } = engine;
  const captions = set.pictures.map(({ caption }) => caption);
  const contents = set.pictures.map(({ content }) => content);
  const settings = listSettings(config, engine.tokenizer);
  const total = 2 + settings.length;
  const notices: string[] = [];
  let done = 0;
  let frames = 0;
  /** The pictures as the model itself sees them: settings of the prompt need no others. */
  let shown: ShownPictures | null = null;

  function next(what: string): void {
    if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
    onProgress?.({ done: done++, total, what });
  }

  /** Nats a token of all pieces of the passage, or of the same with their words in disorder. */
  async function hearPassage(change: (text: string) => string): Promise<{ loss: number; tokens: number }> {
    let sum = 0;
    let tokens = 0;
    for (const { question, text } of set.passage) {
      const asked = { prompt: config.prompt, question: question ?? "", shown: null };
      const heard =
        question === null
          ? await listener.hearText(change(text))
          : (await listener.hearAnswers(asked, [change(text)], null))[0];
      sum -= heard?.logLikelihood ?? 0;
      tokens += heard?.tokens ?? 0;
    }
    return { loss: sum / tokens, tokens };
  }

  async function readPassage(): Promise<LanguageResult> {
    next("words");
    const { loss, tokens } = await hearPassage((text) => text);
    const { loss: shuffledLoss } = await hearPassage(shuffleWords);
    return { loss, shuffledLoss, tokens };
  }

  /** What each picture tells of each caption. */
  async function caption(pictures: ShownPictures, prompt: PromptConfig): Promise<PictureResult[]> {
    const asked = { prompt, question: set.question, shown: pictures };
    const without = await listener.hearAnswers(asked, captions, null);
    const results: PictureResult[] = [];
    for (const [picture] of captions.entries()) {
      if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
      const heard = await listener.hearAnswers(asked, captions, picture);
      const gains = heard.map(({ logLikelihood }, i) => logLikelihood - (without[i]?.logLikelihood ?? 0));
      const { logLikelihood = 0, tokens = 1 } = heard[picture] ?? {};
      const gain = (gains[picture] as number) / tokens;
      results.push({ loss: -logLikelihood / tokens, gain, right: gains.indexOf(Math.max(...gains)) === picture });
    }
    return results;
  }

  /** What the right captions alone cost, by picture. */
  async function hearRight(pictures: ShownPictures, prompt: PromptConfig): Promise<number[]> {
    const losses: number[] = [];
    for (const [picture, right] of captions.entries()) {
      if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
      const asked = { prompt, question: set.question, shown: pictures };
      const [heard] = await listener.hearAnswers(asked, [right], picture);
      losses.push(-(heard?.logLikelihood ?? 0) / (heard?.tokens ?? 1));
    }
    return losses;
  }

  /** A software adapter is spared the wrong captions where a setting cannot be better. */
  async function compare(
    setting: Setting,
    own: readonly PictureResult[],
    pictures: ShownPictures,
    prompt: PromptConfig,
  ) {
    const losses = await hearRight(pictures, prompt);
    const counts = !engine.adapter.software || costsLess(own, losses);
    return compareSetting(setting, own, losses, counts ? countRight(await caption(pictures, prompt)) : null);
  }

  async function show(changed: ModelConfig, encoder = engine.encoder): Promise<ShownPictures> {
    frames += contents.length;
    return showPictures(engine, changed, encoder, contents);
  }

  /** Pictures through an encoder that is built anew; null where the GPU has no room for it beside the model's own. */
  async function showAnew(changed: ModelConfig): Promise<ShownPictures | null> {
    const { gpu } = engine;
    const needed = encoderBytes(engine);
    const missing = gpu.ledger.bytes + needed - gpuBudget(readGpuLimits(gpu.device, gpu.adapter));
    if (missing > 0) return null;
    const encoder = await createEncoder(gpu, changed, source.tensors, {
      backend: engine.encoder.backend,
      maxBatch: engine.encoder.maxBatch,
      ...(signal ? { signal } : {}),
    });
    try {
      return await show(changed, encoder);
    } finally {
      await encoder.destroy();
    }
  }

  async function trySetting(setting: Setting, own: readonly PictureResult[]): Promise<TriedSetting | null> {
    next(setting.label);
    const changed = parseConfig({
      ...(source.json as object),
      assumptions: addAssumptions(source.json, setting.assumptions),
    });
    if (setting.part === "prompt" && shown) {
      return compare(setting, own, shown, changed.prompt);
    }
    const pictures = setting.part === "pixels" ? await show(changed) : await showAnew(changed);
    if (!pictures) {
      notices.push(`There is too little graphics memory to try ${setting.label}.`);
      return null;
    }
    try {
      return await compare(setting, own, pictures, config.prompt);
    } finally {
      pictures.destroy();
    }
  }

  return {
    notices,
    frames: () => frames,
    readPassage,
    async lookAtPictures() {
      next("pictures");
      shown = await show(config);
      return caption(shown, config.prompt);
    },
    async trySettings(own: readonly PictureResult[]) {
      const tried: TriedSetting[] = [];
      for (const setting of settings) {
        const result = await trySetting(setting, own);
        if (result) tried.push(result);
      }
      return tried;
    },
    async destroy() {
      await engine.gpu.device.queue.onSubmittedWorkDone();
      shown?.destroy();
    },
  };
}

/** GPU memory of an encoder's weights, which it widens to f32. */
function encoderBytes({ source: { tensors } }: Engine): number {
  return tensors.names
    .filter((name) => name.startsWith("vision_model.") || name.startsWith("connector."))
    .reduce((sum, name) => sum + 4 * (tensors.info(name)?.shape ?? []).reduce((a, b) => a * b, 1), 0);
}
