import { createRnnStream } from "../rnn/stream.ts";
import { createPreprocessor } from "../vision/preprocess.ts";
import type { Engine } from "./engine.ts";
import { frameIndices } from "./frame-reader.ts";

/** Runs every stage once on an empty picture, so that no kernel is compiled while a person waits for the first answer. */
export async function warmUp(engine: Engine): Promise<void> {
  const { gpu, config, encoder, rnn } = engine;
  const preprocessor = createPreprocessor(gpu, config.vision, encoder.maxBatch);
  const stream = createRnnStream(gpu, rnn, "warm-up", engine.tokenizer.idLimit);
  try {
    preprocessor.loadRgba(new Uint8Array(4 * 64), 8, 8, 0);
    const encoded = await encoder.encode(preprocessor.pixels, 1);
    const indices = frameIndices(config.text.vocabSize, encoded.tokens, 1, [], true);
    stream.read(indices, { visual: encoded.visual, logits: true });
    await stream.generate(1, { temperature: 0, topP: 1, random: Math.random });
  } finally {
    preprocessor.destroy();
    stream.destroy();
  }
}
