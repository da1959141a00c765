import type { Assistant, Session } from "../../../src/session/types.ts";
import { watched } from "../ask.ts";
import { type Figure, median, timed } from "./measure.ts";

/** The state of a session after some frames, as its worker tells it. */
type Sample = { readonly frames: number; readonly watchMs: number; readonly gpuBytes: number };

/** What watching had cost when `frames` frames had been read. */
export type Checkpoint = {
  readonly frames: number;
  /** Live GPU memory, the model's included; median over the frames since the checkpoint before. */
  readonly gpuBytes: number;
  readonly buffers: number;
  /** Median over the same frames. */
  readonly frameMs: number;
  readonly stateBytes: number;
  /** What keys and values of the same tokens would take: f16, every layer, as wide as the state's model. */
  readonly kvCacheBytes: number;
};

const checkpointFrames = [10, 50, 100, 200, 500, 1000, 2000];

/** Frames between which "the beginning" is measured, when everything is warm. */
const warm = [100, 200] as const;

/** Watches a long video, and tells how memory and time develop. The bytes a token are what it would add to a KV cache, and what
 * it adds to the tokens that are kept on the host for looking again. */
export async function watchLong(
  assistant: Assistant,
  video: File,
  frames: number,
  bytesPerToken: { readonly kvCache: number; readonly kept: number },
): Promise<{ figures: Figure[]; checkpoints: Checkpoint[] }> {
  const session = assistant.watch(video, { frames });
  const { samples, buffers, milliseconds } = await follow(assistant, session, frames);
  const { stateBytes, visualTokens, notices } = session.snapshot;
  await session.close();
  if (notices[0]) throw new Error(`the long video was not watched in full: ${notices[0].message}`);
  const kvCacheBytes = (visualTokens / frames) * bytesPerToken.kvCache;
  const keptBytes = (visualTokens / frames) * bytesPerToken.kept;
  const ends = [...buffers.keys()];
  const checkpoints = ends.map((end, i) => ({
    frames: end,
    gpuBytes: bytesBetween(samples, ends[i - 1] ?? 0, end),
    buffers: buffers.get(end) ?? 0,
    frameMs: frameMsBetween(samples, ends[i - 1] ?? 0, end),
    stateBytes,
    kvCacheBytes: Math.round(end * kvCacheBytes),
  }));
  return { checkpoints, figures: describe({ samples, frames, milliseconds, stateBytes, kvCacheBytes, keptBytes }) };
}

function describe(run: {
  readonly samples: readonly Sample[];
  readonly frames: number;
  readonly milliseconds: number;
  readonly stateBytes: number;
  readonly kvCacheBytes: number;
  readonly keptBytes: number;
}): Figure[] {
  const { samples, frames, milliseconds, stateBytes, kvCacheBytes, keptBytes } = run;
  const end = [Math.floor(frames * 0.9), frames] as const;
  const growth = bytesBetween(samples, ...end) - bytesBetween(samples, ...warm);
  const apart = middle(end) - middle(warm);
  const ratio = frameMsBetween(samples, ...end) / frameMsBetween(samples, ...warm);
  const what = `medians of the last tenth and of frames ${warm.join("–")} of ${frames}, a repeated clip`;
  const kv = "what a KV cache of the same width would grow by: f16, all layers";
  const fps = `${frames} frames of a repeated clip, from file to state, decoding included`;
  return [
    figure("gpu-bytes-per-frame", growth / apart, "B", `growth between the ${what}`),
    figure("kv-cache-bytes-per-frame", kvCacheBytes, "B", kv),
    figure("kept-bytes-per-frame", keptBytes, "B", "visual tokens kept on the host, past 256 MiB on disk"),
    figure("state-bytes", stateBytes, "B", "the recurrent state, whatever the length"),
    figure("frame-time-ratio", ratio, "×", `ratio of the ${what}`),
    figure("watch-fps-long", (frames * 1000) / milliseconds, "1/s", fps),
  ];
}

function middle([from, to]: readonly [number, number]): number {
  return (from + to) / 2;
}

function figure(id: string, value: number, unit: string, note: string): Figure {
  return { id, value, unit, note };
}

/** Notes what a session tells of itself until it has watched all. */
async function follow(assistant: Assistant, session: Session, frames: number) {
  const samples: Sample[] = [];
  const ends = [...checkpointFrames.filter((end) => end < frames), frames];
  const usages = new Map<number, ReturnType<Assistant["gpuUsage"]>>();
  const stop = session.subscribe(() => {
    const { framesWatched, watchMs, gpuBytes, status } = session.snapshot;
    if (framesWatched === (samples.at(-1)?.frames ?? 0) || status !== "watching") return;
    samples.push({ frames: framesWatched, watchMs, gpuBytes });
    for (const end of ends) if (framesWatched >= end && !usages.has(end)) usages.set(end, assistant.gpuUsage());
    if (framesWatched % 200 === 0) console.info(`  ${framesWatched} of ${frames} frames`);
  });
  const milliseconds = await timed(() => watched(session));
  stop();
  const buffers = new Map<number, number>();
  for (const [end, usage] of usages) buffers.set(end, (await usage).buffers);
  return { samples, buffers, milliseconds };
}

/** Median GPU memory between two frames. */
function bytesBetween(samples: readonly Sample[], from: number, to: number): number {
  return median(between(samples, from, to).map(({ gpuBytes }) => gpuBytes));
}

/** Median milliseconds a frame, from batch to batch. */
function frameMsBetween(samples: readonly Sample[], from: number, to: number): number {
  return median(
    between(samples, from, to).map((sample) => {
      const before = samples[samples.indexOf(sample) - 1] ?? { frames: 0, watchMs: 0 };
      return (sample.watchMs - before.watchMs) / (sample.frames - before.frames);
    }),
  );
}

/** Samples after `from` frames up to the first that has `to`. */
function between(samples: readonly Sample[], from: number, to: number): readonly Sample[] {
  const last = samples.findIndex(({ frames }) => frames >= to);
  return samples.slice(0, last + 1).filter(({ frames }) => frames > from);
}
