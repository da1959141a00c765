import { Resampler, speechRate } from "./resampler.ts";
import type { SoundBlock, SoundPart } from "./sound-packets.ts";

/** Sound of one channel at 16 kHz. Between two pieces that do not touch there is none. */
export type SoundPiece = { readonly seconds: number; readonly samples: Float32Array<ArrayBuffer> };

/** A block this far from where the one before ended still follows it: containers round times, and clocks differ. */
const slackSeconds = 0.02;

/** Blocks that follow each other without a gap, and how many samples went in and came out. */
type Run = {
  readonly from: number;
  readonly rate: number;
  readonly resampler: Resampler;
  inputs: number;
  outputs: number;
};

/**
 * Lays decoded blocks on a line of time: what overlaps is cut, what touches is resampled as one, and after a gap the line begins anew.
 *
 * @param blocks in order of time
 * @param part what is wanted of them, and where it is heard
 */
export async function* layOut(
  blocks: AsyncIterable<SoundBlock>,
  part: SoundPart,
): AsyncGenerator<SoundPiece, void, void> {
  let run: Run | null = null;
  const shift = Number.isFinite(part.from) && Number.isFinite(part.at) ? part.at - part.from : 0;
  const piece = (run: Run, samples: Float32Array<ArrayBuffer>): SoundPiece[] => {
    if (samples.length === 0) return [];
    const seconds = run.from + run.outputs / speechRate + shift;
    run.outputs += samples.length;
    return [{ seconds, samples }];
  };
  for await (const block of blocks) {
    const end: number | null = run && run.from + run.inputs / run.rate;
    const follows: boolean = end !== null && run?.rate === block.rate && Math.abs(block.seconds - end) <= slackSeconds;
    const least = follows || end === null ? part.from : Math.max(part.from, end);
    const wanted: SoundBlock = follows ? block : cut(block, least);
    const kept: Float32Array = cutEnd(wanted, follows ? (end as number) : wanted.seconds, part.to);
    if (kept.length > 0 && !follows) {
      if (run) yield* piece(run, run.resampler.finish());
      run = { from: wanted.seconds, rate: block.rate, inputs: 0, outputs: 0, resampler: new Resampler(block.rate) };
    }
    if (run && kept.length > 0) {
      run.inputs += kept.length;
      yield* piece(run, run.resampler.push(kept));
    }
    if (block.seconds > part.to) break;
  }
  if (run) yield* piece(run, run.resampler.finish());
}

/** A block without what lies before `from`. */
function cut(block: SoundBlock, from: number): SoundBlock {
  const early = Math.min(block.samples.length, Math.max(0, Math.round((from - block.seconds) * block.rate)));
  if (early === 0) return block;
  return { ...block, seconds: block.seconds + early / block.rate, samples: block.samples.subarray(early) };
}

/** The samples of a block, which begins at `from`, that lie before `to`. */
function cutEnd(block: SoundBlock, from: number, to: number): Float32Array {
  if (!Number.isFinite(to)) return block.samples;
  const left = Math.round((to - from) * block.rate);
  return block.samples.subarray(0, Math.max(0, Math.min(block.samples.length, left)));
}
