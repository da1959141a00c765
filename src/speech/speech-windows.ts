/** Seconds of sound that one probability is about, and what follows from it. */
export const frameSeconds = 512 / 16_000;

/** From one frame to before another, counted from where the sound's run began. */
export type FrameSpan = { readonly from: number; readonly to: number };

/** A part of the sound in which somebody speaks. `voiced` leaves out what was added around it, `pauses` are those inside. */
export type SpeechWindow = FrameSpan & { readonly voiced: FrameSpan; readonly pauses: readonly FrameSpan[] };

const frames = (seconds: number) => Math.round(seconds / frameSeconds);

/** Speech begins above the one probability and ends below the other. */
const [begins, ends] = [0.5, 0.35];

/** Shorter sounds than this are no speech. */
const leastVoiced = frames(0.13);

/** Added before and after speech, so that no consonant is cut. */
const pad = frames(0.2);

/** A pause that ends a window in any case, and one that does once the window is long: recognising costs the same for 2 seconds as for 28. */
const [longPause, shortPause, longEnough] = [frames(2), frames(0.6), frames(12)];

/** A shorter silence is a consonant. */
const leastPause = frames(0.25);

/** The most that a recogniser takes at once, a little less than its 30 s. */
const maxFrames = frames(28);

/**
 * Cuts a stream of voice probabilities, one for each `frameSeconds`, into windows with speech, at pauses where there are any. Windows are in
 * order and do not overlap.
 */
export class SpeechWindows {
  #count = 0;
  /** Where speech began, and what the probabilities were since; −1 while nobody speaks. */
  #start = -1;
  #since: number[] = [];
  #lastVoiced = -1;
  #voiced = 0;
  /** End of the window before. */
  #end = 0;

  /** The first frame that a window to come may begin with: what lies before is not needed any more. */
  get needed(): number {
    const from = this.#start < 0 ? this.#count : this.#start;
    return Math.max(this.#end, from - pad);
  }

  /** Takes the next frame's probability; returns the window that ends with it, if one does. */
  push(probability: number): SpeechWindow | null {
    const frame = this.#count++;
    if (this.#start < 0) {
      if (probability >= begins) this.#begin(frame, [probability]);
      return null;
    }
    this.#since.push(probability);
    const speaks = probability >= (this.#lastVoiced === frame - 1 ? ends : begins);
    if (speaks) {
      this.#lastVoiced = frame;
      this.#voiced++;
    }
    const pause = frame - this.#lastVoiced;
    const length = this.#lastVoiced - this.#start;
    if (pause >= longPause || (pause >= shortPause && length >= longEnough)) return this.#close();
    return frame + 1 - this.#start >= maxFrames - 2 * pad ? this.#split() : null;
  }

  /** The window that was open when the sound ended. */
  finish(): SpeechWindow | null {
    return this.#start < 0 ? null : this.#close();
  }

  #begin(start: number, since: number[]): void {
    this.#start = start;
    this.#since = since;
    this.#voiced = since.filter((probability) => probability >= ends).length;
    this.#lastVoiced = start + since.findLastIndex((probability) => probability >= ends);
  }

  #close(): SpeechWindow | null {
    const to = Math.min(this.#count, this.#lastVoiced + 1 + pad);
    return this.#give(to, this.#lastVoiced + 1);
  }

  /** Ends a window that is full where speech was least likely in its second half; the rest begins the next. */
  #split(): SpeechWindow | null {
    const half = this.#since.length >> 1;
    let [best, least] = [this.#since.length, Number.POSITIVE_INFINITY];
    for (let at = half; at + 3 <= this.#since.length; at++) {
      const around = (this.#since[at - 1] ?? 0) + (this.#since[at] as number) + (this.#since[at + 1] ?? 0);
      if (around <= least) [best, least] = [at, around];
    }
    const rest = this.#since.slice(best);
    const cut = this.#start + best;
    const window = this.#give(cut, cut);
    const next = rest.findIndex((probability) => probability >= begins);
    if (next >= 0) this.#begin(cut + next, rest.slice(next));
    return window;
  }

  #give(to: number, voicedTo: number): SpeechWindow | null {
    const window = {
      from: Math.max(this.#end, this.#start - pad),
      to,
      voiced: { from: this.#start, to: voicedTo },
      pauses: pausesIn(this.#since.slice(0, voicedTo - this.#start), this.#start),
    };
    const isSpeech = this.#voiced >= leastVoiced;
    this.#start = -1;
    this.#since = [];
    if (!isSpeech) return null;
    this.#end = to;
    return window;
  }
}

/** Where nobody speaks for a while, in a stretch of probabilities that begins with frame `first`. */
function pausesIn(probabilities: readonly number[], first: number): FrameSpan[] {
  const pauses: FrameSpan[] = [];
  for (let from = 0; from < probabilities.length; from++) {
    if ((probabilities[from] as number) >= ends) continue;
    let to = from;
    while (to < probabilities.length && (probabilities[to] as number) < ends) to++;
    if (to - from >= leastPause) pauses.push({ from: first + from, to: first + to });
    from = to;
  }
  return pauses;
}
