import type { Engine } from "../engine.ts";
import { createFrameEncoder } from "../memory/frame-encoder.ts";
import { createFrameSeeing } from "../memory/frame-seeing.ts";
import type { Memory } from "../memory/memory.ts";
import type { Reels } from "../reels.ts";
import type { SeenFrames } from "./seen-frames.ts";

/** The frames of a memory as the search model sees them: those that are watched now, and those that were watched before it came. */
export type Seeing = {
  /** Nothing more is watched: what was missed is decoded again. */
  watched(): void;
  close(): Promise<void>;
};

type SeeingOptions = {
  readonly memory: Memory;
  readonly reels: Pick<Reels, "decodable" | "pictures">;
  publish(seen: SeenFrames): void;
};

export function createSeeing(engine: Engine, { memory, reels, publish }: SeeingOptions): Seeing {
  /** Frames that have a vector of the model that there is now. */
  let seen = new Set<number>();
  let over = false;
  let running: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;

  const unsubscribe = memory.subscribe((records, rows) => {
    const { model } = engine.search;
    if (!rows || !model) return;
    for (const { index } of records) seen.add(index);
    publish({ seconds: records.map(({ timestampSeconds }) => timestampSeconds), rows, width: model.info.width });
  });

  function catchUp(): void {
    const { model } = engine.search;
    if (!over || !model || running) return;
    const missed = memory.timeline.frames
      .filter(({ index }) => !seen.has(index) && reels.decodable(index))
      .map(({ index, timestampSeconds: seconds }) => ({ index, seconds }));
    if (missed.length === 0) return;
    const stop = new AbortController();
    // A file that is gone is no reason to end anything: what was found so far is found.
    const ended = see(missed, stop.signal)
      .catch(() => undefined)
      .finally(() => {
        running = null;
      });
    running = { stop, ended };
  }

  /** Encodes frames a batch at a time, by the way that they would have gone while they were watched. */
  async function see(missed: readonly { readonly index: number; readonly seconds: number }[], signal: AbortSignal) {
    const { model } = engine.search;
    const seeing = createFrameSeeing(engine.search);
    const encoder = model?.info.ownPass === false ? createFrameEncoder(engine, seeing) : null;
    const { maxBatch } = engine.encoder;
    let batch: { readonly index: number; readonly seconds: number }[] = [];
    async function flush() {
      const count = batch.length;
      if (count === 0 || engine.search.model !== model || !model || signal.aborted) return;
      const rows = encoder ? (await encoder.encode(count)).vectors : await seeing.encode(count);
      if (rows && engine.search.model === model) {
        for (const { index } of batch) seen.add(index);
        publish({ seconds: batch.map(({ seconds }) => seconds), rows, width: model.info.width });
      }
      batch = [];
    }
    try {
      for await (const { frame, rotation, mirrored = false, index, seconds } of reels.pictures(missed, signal)) {
        try {
          await (encoder ?? seeing).load(frame, rotation, batch.length, mirrored);
          batch.push({ index, seconds });
        } finally {
          frame.close();
        }
        if (batch.length === maxBatch) await flush();
      }
      await flush();
    } finally {
      if (encoder) encoder.destroy();
      else seeing.destroy();
    }
  }

  const forget = engine.search.subscribe(() => {
    seen = new Set();
    running?.stop.abort();
    void Promise.resolve(running?.ended).then(catchUp);
  });

  return {
    watched() {
      over = true;
      catchUp();
    },
    async close() {
      forget();
      unsubscribe();
      running?.stop.abort();
      await running?.ended;
    },
  };
}
