import type { SoundPiece } from "../audio/open-sound.ts";
import { fitWords } from "./fit-words.ts";
import type { Recogniser } from "./recogniser.ts";
import { SampleBuffer } from "./sample-buffer.ts";
import { type FrameSpan, frameSeconds, type SpeechWindow, SpeechWindows } from "./speech-windows.ts";
import { type SpokenLine, toLines } from "./transcript.ts";
import { frameSamples, type VoiceDetector } from "./voice-detector.ts";

/** What came of a while of sound. */
export type Heard = {
  readonly lines: readonly SpokenLine[];
  /** All that is said before is written down: listening can go on from here. */
  readonly untilSeconds: number;
};

type ListenOptions = {
  readonly detector: VoiceDetector;
  /** Asked for once somebody speaks, and not before. */
  recogniser(): Promise<Recogniser>;
  /** Waits while listening is held. */
  gate(): Promise<void>;
};

const rate = 16_000;

/** Silence up to this long is put where there is no sound; after a longer gap the sound is another one. */
const bridgedSeconds = 2;

/** How often it is told how far listening has come where nobody speaks, in seconds of sound. */
const toldEvery = 1;

/** Finds speech in sound and writes it down, a window at a time. Of the sound no more is held than a window. */
export async function* listen(
  pieces: AsyncIterable<SoundPiece>,
  options: ListenOptions,
): AsyncGenerator<Heard, void, void> {
  let run: Run | null = null;
  let told = Number.NEGATIVE_INFINITY;
  for await (const { seconds, samples } of pieces) {
    await options.gate();
    const gap: number = run ? seconds - run.endSeconds : 0;
    if (run && gap > bridgedSeconds) {
      yield* run.finish();
      run = null;
    }
    run ??= new Run(seconds, options);
    if (gap > 0.5 / rate) run.append(new Float32Array(Math.round(gap * rate)));
    run.append(samples);
    yield* run.hear();
    if (run.untilSeconds - told >= toldEvery) {
      told = run.untilSeconds;
      yield { lines: [], untilSeconds: told };
    }
  }
  if (run) yield* run.finish();
}

/** Sound without a gap. */
class Run {
  readonly #base: number;
  readonly #options: ListenOptions;
  readonly #windows = new SpeechWindows();
  /** Sound that is still needed. */
  readonly #held = new SampleBuffer();
  /** Frames whose voice was looked for. */
  #frames = 0;

  constructor(baseSeconds: number, options: ListenOptions) {
    this.#base = baseSeconds;
    this.#options = options;
    options.detector.reset();
  }

  get endSeconds(): number {
    return this.#base + this.#held.end / rate;
  }

  get untilSeconds(): number {
    return this.#timeOf(this.#windows.needed);
  }

  append(samples: Float32Array): void {
    this.#held.append(samples);
  }

  /** Goes through all whole frames. */
  async *hear(): AsyncGenerator<Heard, void, void> {
    while ((this.#frames + 1) * frameSamples <= this.#held.end) {
      const at = this.#frames++ * frameSamples;
      const probability = await this.#options.detector.probability(this.#held.view(at, at + frameSamples));
      const window = this.#windows.push(probability);
      if (window) yield await this.#writeDown(window);
    }
    this.#held.drop(this.#windows.needed * frameSamples);
  }

  async *finish(): AsyncGenerator<Heard, void, void> {
    this.append(new Float32Array(frameSamples - 1)); // so that the last frame is whole
    yield* this.hear();
    const window = this.#windows.finish();
    if (window) yield await this.#writeDown(window);
    yield { lines: [], untilSeconds: this.#timeOf(this.#frames) };
  }

  async #writeDown({ from, to, voiced, pauses }: SpeechWindow): Promise<Heard> {
    const samples = this.#held.view(from * frameSamples, to * frameSamples).slice();
    const recogniser = await this.#options.recogniser();
    const { pieces, are } = await recogniser.recognise(samples);
    const base = this.#timeOf(from);
    const placed = pieces.map((piece) => ({
      ...piece,
      startSeconds: base + piece.startSeconds,
      endSeconds: base + piece.endSeconds,
    }));
    const span = (each: FrameSpan) => ({ from: this.#timeOf(each.from), to: this.#timeOf(each.to) });
    const fitted = fitWords(placed, span(voiced), pauses.map(span));
    const lines = are === "words" ? toLines(fitted) : fitted.map((sentence) => ({ ...sentence, words: null }));
    return { lines, untilSeconds: this.#timeOf(to) };
  }

  #timeOf(frame: number): number {
    return this.#base + frame * frameSeconds;
  }
}
