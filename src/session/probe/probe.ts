import { AuroraError, assert } from "../../errors.ts";
import type { AppFiles } from "../../library/model-assets.ts";
import { addAssumptions } from "../../model/assumptions.ts";
import { type ModelConfig, parseConfig } from "../../model/config.ts";
import type { PromptConfig } from "../../model/prompt-config.ts";
import type { Engine } from "../engine.ts";
import { createEye, type Eye, openEye, type Seen } from "./eye.ts";
import { createListener, type Heard, type Listener } from "./listener.ts";
import { openPictureSet, type PictureSet } from "./picture-set.ts";
import { readWords } from "./read-words.ts";
import type { LanguageResult, ProbeOptions, ProbeReport, TriedSetting } from "./report.ts";
import { captionsFor, inPieces, mayBeBetter, worstFirst } from "./sequence.ts";
import { listSettings, type Setting } from "./settings.ts";
import { openStills, type Still } from "./show-pictures.ts";
import {
  type CaptionLosses,
  compareSetting,
  costsLess,
  countRight,
  judge,
  type PictureResult,
  readsLanguage,
  seesPictures,
  worthCounting,
} from "./verdict.ts";

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
    const language = await probe.readWords();
    const reads = readsLanguage(language, set.bounds);
    const own = reads && engine.config.vision ? await probe.lookAtPictures() : null;
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

/** A setting with what the right captions cost with it. */
type Tried = { readonly setting: Setting; readonly losses: CaptionLosses; readonly result: TriedSetting };

const byDifference = (a: Tried, b: Tried) => a.result.difference - b.result.difference;

function createProbe(engine: Engine, set: PictureSet, listener: Listener, { signal, onProgress }: ProbeOptions) {
  const { config, source } = engine;
  const captions = set.pictures.map(({ caption }) => caption);
  const settings = listSettings(config, engine.tokenizer);
  const total = 3 + settings.length;
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

  function withAssumptionsOf({ assumptions }: Setting): ModelConfig {
    return parseConfig({ ...(source.json as object), assumptions: addAssumptions(source.json, assumptions) });
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

  async function tellAll(seen: Seen, prompt: PromptConfig): Promise<PictureResult[]> {
    const results: PictureResult[] = [];
    for (const picture of captions.keys()) results.push(await tellCaptions(seen, prompt, picture));
    return results;
  }

  /** What the right captions of some pictures cost. */
  async function hearRight(seen: Seen, prompt: PromptConfig, pictures: readonly number[]): Promise<number[]> {
    // All are submitted before the first is waited for.
    const heard = await Promise.all(pictures.map((picture) => hear(prompt, [picture], seen, picture)));
    return heard.map(([each]) => -(each?.logLikelihood ?? 0) / (each?.tokens ?? 1));
  }

  /** Does something with the pictures as a setting shows them; null where there is no room for that. */
  async function withSetting<T>(
    setting: Setting,
    use: (see: (pictures: readonly number[]) => Promise<Seen>, prompt: PromptConfig) => Promise<T>,
  ): Promise<T | null> {
    const changed = withAssumptionsOf(setting);
    const seen = own?.seen;
    assert(seen, "the model's own settings come first");
    if (setting.part === "prompt") return use(async () => seen, changed.prompt);
    const eye = await openEye(engine, setting, changed, stills, signal);
    if (!eye) return null;
    try {
      return await use(eye.see, config.prompt);
    } finally {
      frames += eye.frames;
      await eye.destroy();
    }
  }

  /**
   * What the right captions cost with a setting, piece by piece of the pictures, for as long as it may be better.
   *
   * @param losses what they cost on other pictures, if there are such
   * @param best what they cost with the best setting so far
   */
  function tryOut(
    setting: Setting,
    results: readonly PictureResult[],
    pieces: readonly (readonly number[])[],
    losses: CaptionLosses,
    best: CaptionLosses | null,
  ) {
    return withSetting(setting, async (see, prompt) => {
      const found = [...losses];
      for (const pictures of pieces) {
        stopIfAborted();
        const heard = await hearRight(await see(pictures), prompt, pictures);
        for (const [i, picture] of pictures.entries()) found[picture] = heard[i] as number;
        if (!mayBeBetter(results, found, best)) break;
      }
      return found;
    });
  }

  /** All settings on the pictures that tell most, then those on the rest that may be better, the most promising first. */
  async function tryAll(results: readonly PictureResult[]): Promise<Tried[]> {
    const [first = [], ...rest] = inPieces(worstFirst(results));
    const nothing = results.map(() => null);
    const tried = new Map<Setting, CaptionLosses>();
    for (const setting of settings) {
      next(setting.label);
      const losses = await tryOut(setting, results, [first], nothing, null);
      if (losses) tried.set(setting, losses);
      else notices.push(`There is too little graphics memory to try ${setting.label}.`);
    }
    next("the best of these");
    let best: Tried | null = null;
    const judged = ([setting, losses]: [Setting, CaptionLosses]): Tried => {
      return { setting, losses, result: compareSetting(setting, results, losses, null) };
    };
    for (const { setting, losses } of [...tried].map(judged).sort(byDifference)) {
      if (!mayBeBetter(results, losses, best?.losses)) continue;
      const more = await tryOut(setting, results, rest, losses, best?.losses ?? null);
      if (!more) continue;
      tried.set(setting, more);
      const each = judged([setting, more]);
      if (costsLess(results, more) && each.result.difference < (best?.result.difference ?? 0)) best = each;
    }
    return [...tried].map(judged);
  }

  async function countCaptions(setting: Setting): Promise<number | null> {
    const places = [...captions.keys()];
    return withSetting(setting, async (see, prompt) => countRight(await tellAll(await see(places), prompt)));
  }

  return {
    notices,
    frames: () => frames,
    readWords(): Promise<LanguageResult> {
      next("words");
      const prompts = settings.filter(({ part }) => part === "prompt");
      const others = prompts.map((setting) => ({ label: setting.label, prompt: withAssumptionsOf(setting).prompt }));
      return readWords(listener, set, config.prompt, { others, notices, stopIfAborted });
    },
    async lookAtPictures(): Promise<PictureResult[]> {
      next("pictures");
      stills = await openStills(set.pictures.map(({ content }) => content));
      const eye = createEye(engine, config, stills);
      own = { eye, seen: await eye.see([...captions.keys()]) };
      frames += eye.frames;
      return tellAll(own.seen, config.prompt);
    },
    async trySettings(results: readonly PictureResult[]): Promise<TriedSetting[]> {
      const tried = await tryAll(results);
      const found = tried.map(({ result }) => result);
      for (const at of worthCounting(results, set.bounds, tried)) {
        const { setting, losses } = tried[at] as Tried;
        const top1 = await countCaptions(setting);
        const result = compareSetting(setting, results, losses, top1);
        found[at] = result;
        if (result.better && seesPictures(top1, results.length)) break;
      }
      return found;
    },
    async destroy() {
      await engine.gpu.device.queue.onSubmittedWorkDone();
      await own?.eye.destroy();
      for (const { frame } of stills) frame.close();
    },
  };
}
