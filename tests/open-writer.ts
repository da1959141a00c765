import type { Gpu } from "../src/gpu/device.ts";
import type { Rnn } from "../src/rnn/rnn.ts";
import { createRnnState } from "../src/rnn/state.ts";
import { createRnnWriter, type RnnWriter } from "../src/rnn/writer.ts";

/** A writer over a state of its own, which goes with it. */
export function openWriter(gpu: Gpu, rnn: Rnn, label: string, choices?: number): RnnWriter {
  const state = createRnnState(gpu, rnn.config, label);
  const writer = createRnnWriter(gpu, rnn, state, label, choices);
  return {
    ...writer,
    destroy() {
      writer.destroy();
      state.destroy();
    },
  };
}
