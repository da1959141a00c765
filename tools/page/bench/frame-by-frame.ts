import { openEngine } from "../../../src/session/engine.ts";
import { createMemory } from "../../../src/session/memory/memory.ts";
import type { OpenOptions } from "../../../src/session/types.ts";
import { type Figure, interleave, median, timeRatio } from "./measure.ts";

const frames = 32;
const rounds = 5;

/** What it costs to read each frame of a camera as it comes, beside reading as many as the encoder takes at once. */
export async function benchFrameByFrame({
  model,
  encoder,
  encoderPrecision,
}: Required<Pick<OpenOptions, "model" | "encoder" | "encoderPrecision">>): Promise<Figure[]> {
  const engine = await openEngine({ model, encoder, encoderPrecision });
  const noSpill = () => Promise.reject(new Error("a few frames fit into memory"));
  const memory = createMemory(engine, { keepBytes: 2 ** 24, openSpill: noSpill });
  let second = 0;
  const read = (atOnce: boolean) => async () => {
    for (let i = 0; i < frames; i++, second++) {
      await memory.add(picture(second), 0, second);
      if (!atOnce) await memory.settle();
    }
    await memory.settle();
  };
  try {
    const [alone, together] = await interleave(rounds, [read(false), read(true)]);
    const note = `${frames} frames of 320 × 240, median of ${rounds}; ${engine.model.name}`;
    const batch = engine.encoder.maxBatch;
    return [
      {
        id: "frame-alone-ms",
        value: median(alone ?? []) / frames,
        unit: "ms",
        note: `a frame, read as it comes; ${note}`,
      },
      {
        id: "frame-in-batch-ms",
        value: median(together ?? []) / frames,
        unit: "ms",
        note: `a frame, ${batch} at once; ${note}`,
      },
      { id: "frame-alone-vs-batch", value: timeRatio(alone, together), unit: "×", note: "the one over the other" },
    ];
  } finally {
    await memory.destroy();
    await engine.destroy();
  }
}

/** A small picture that changes from one second to the next. */
function picture(second: number): VideoFrame {
  const [codedWidth, codedHeight] = [320, 240];
  const bytes = new Uint8Array(codedWidth * codedHeight * 4);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i % 4 === 3 ? 255 : (i * (1 + (i % 4)) + second * 37) & 255;
  return new VideoFrame(bytes, { format: "RGBA", codedWidth, codedHeight, timestamp: second * 1e6 });
}
