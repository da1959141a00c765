import { AuroraError, assert } from "../../errors.ts";
import type { AppFiles } from "../../library/model-assets.ts";
import { addAssumptions } from "../../model/assumptions.ts";
import { type PromptConfig, parseConfig } from "../../model/config.ts";
import type { Engine } from "../engine.ts";
import { createEye, type Eye, openEye, type Seen } from "./eye.ts";
import { createListener, type Heard, type Listener } from "./listener.ts";
import { openPictureSet, type PictureSet, shuffleWords } from "./picture-set.ts";
import type { LanguageResult, ProbeOptions, ProbeReport, TriedSetting } from "./report.ts";
import { captionsFor, inPieces, mayBeBetter, worstFirst } from "./sequence.ts";
import { listSettings, type Setting } from "./settings.ts";
import { openStills, type Still } from "./show-pictures.ts";
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
  const settings = listSettings(config, engine.tokenizer);
  const total = 2 + settings.length;
  const notices: string[] = [];
  let done = 0;
  let frames = 0;
  let stills: readonly Still[] = [];
  /** The pictures as the model itself sees them: settings of the prompt need no others. */
  let own: { readonly eye: Eye; readonly seen: Seen } | null = null;
  /** What each caption costs without a picture, with the prompt that it was asked with. */
  const priors = new Map<PromptConfig, Promise<readonly Heard[]>>();

  function stopIfAborted(): void {
    if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
  }

  function next(what: string): void {
    stopIfAborted();
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

  /** Of these captions after one picture, or after none. */
  function hear(prompt: PromptConfig, which: readonly number[], seen: Seen | null, picture: number | null) {
    const texts = which.map((place) => captions[place] as string);
    const row = picture === null ? null : (seen?.rowOf.get(picture) ?? null);
    return listener.hearAnswers({ prompt, question: set.question, shown: seen?.shown ?? null }, texts, row);
  }

  function hearWithout(prompt: PromptConfig): Promise<readonly Heard[]> {
    const known = priors.get(prompt) ?? hear(prompt, [...captions.keys()], null, null);
    priors.set(prompt, known);
    return known;
  }

  /** What a picture tells of its own caption and of others. */
  async function tellCaptions(seen: Seen, prompt: PromptConfig, picture: number): Promise<PictureResult> {
    stopIfAborted();
    const without = await hearWithout(prompt);
    const which = captionsFor(picture, captions.length);
    const heard = await hear(prompt, which, seen, picture);
    const gains = heard.map(
      ({ logLikelihood }, i) => logLikelihood - (without[which[i] as number]?.logLikelihood ?? 0),
    );
    const { logLikelihood = 0, tokens = 1 } = heard[0] ?? {};
    const [gain = 0, ...others] = gains;
    return { loss: -logLikelihood / tokens, gain: gain / tokens, right: others.every((other) => other < gain) };
  }

  /** What the right captions of some pictures cost. */
  async function hearRight(seen: Seen, prompt: PromptConfig, pictures: readonly number[]): Promise<number[]> {
    // All are submitted before the first is waited for.
    const heard = await Promise.all(pictures.map((picture) => hear(prompt, [picture], seen, picture)));
    return heard.map(([each]) => -(each?.logLikelihood ?? 0) / (each?.tokens ?? 1));
  }

  /** Tries a setting on the pictures that tell most, and on the rest only while it may be better. */
  async function compare(
    setting: Setting,
    results: readonly PictureResult[],
    see: (pictures: readonly number[]) => Promise<Seen>,
    prompt: PromptConfig,
  ): Promise<TriedSetting> {
    const losses: (number | null)[] = results.map(() => null);
    const seenAs = new Map<number, Seen>();
    for (const pictures of inPieces(worstFirst(results))) {
      stopIfAborted();
      const seen = await see(pictures);
      const heard = await hearRight(seen, prompt, pictures);
      for (const [i, picture] of pictures.entries()) {
        losses[picture] = heard[i] as number;
        seenAs.set(picture, seen);
      }
      if (!mayBeBetter(results, losses)) break;
    }
    if (!costsLess(results, losses)) return compareSetting(setting, results, losses, null);
    const told: PictureResult[] = [];
    for (const [picture, seen] of seenAs) told.push(await tellCaptions(seen, prompt, picture));
    return compareSetting(setting, results, losses, countRight(told));
  }

  async function trySetting(setting: Setting, results: readonly PictureResult[]): Promise<TriedSetting | null> {
    next(setting.label);
    const assumptions = addAssumptions(source.json, setting.assumptions);
    const changed = parseConfig({ ...(source.json as object), assumptions });
    if (setting.part === "prompt") {
      const seen = own?.seen;
      assert(seen, "the model's own settings come first");
      return compare(setting, results, async () => seen, changed.prompt);
    }
    const eye = await openEye(engine, setting, changed, stills, signal);
    if (!eye) {
      notices.push(`There is too little graphics memory to try ${setting.label}.`);
      return null;
    }
    try {
      return await compare(setting, results, eye.see, config.prompt);
    } finally {
      frames += eye.frames;
      await eye.destroy();
    }
  }

  return {
    notices,
    frames: () => frames,
    async readPassage(): Promise<LanguageResult> {
      next("words");
      const { loss, tokens } = await hearPassage((text) => text);
      const { loss: shuffledLoss } = await hearPassage(shuffleWords);
      return { loss, shuffledLoss, tokens };
    },
    async lookAtPictures(): Promise<PictureResult[]> {
      next("pictures");
      stills = await openStills(set.pictures.map(({ content }) => content));
      const eye = createEye(engine, config, stills);
      own = { eye, seen: await eye.see([...captions.keys()]) };
      frames += eye.frames;
      const results: PictureResult[] = [];
      for (const picture of captions.keys()) results.push(await tellCaptions(own.seen, config.prompt, picture));
      return results;
    },
    async trySettings(results: readonly PictureResult[]): Promise<TriedSetting[]> {
      const tried: TriedSetting[] = [];
      for (const setting of settings) {
        const result = await trySetting(setting, results);
        if (result) tried.push(result);
      }
      return tried;
    },
    async destroy() {
      await engine.gpu.device.queue.onSubmittedWorkDone();
      await own?.eye.destroy();
      for (const { frame } of stills) frame.close();
    },
  };
}
