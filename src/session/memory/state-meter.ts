import { recordDispatches } from "../../gpu/record.ts";
import { createTensor, readBuffer } from "../../gpu/tensor.ts";
import { changeParts, stateChange } from "../../kernels/state-change.ts";
import { type RnnState, readRnnState } from "../../rnn/state.ts";
import type { Engine } from "../engine.ts";
import { joinLayers } from "./state-bytes.ts";

/** Tells how far each frame moved a state, and copies it. All of it lies in the GPU's queue behind what was read before. */
export type StateMeter = {
  /** Notes how far the state is from where it was at the call before, as number `slot` of a batch. */
  measure(slot: number): void;
  /** What was measured for the first `count` of a batch: ‖change‖ / ‖state‖ each. */
  read(count: number): Promise<readonly number[]>;
  /** The state as it is now, as bytes (`joinLayers`). */
  copy(): Promise<Uint8Array>;
  destroy(): void;
};

export function createStateMeter({ gpu, rnn, encoder }: Engine, state: RnnState): StateMeter {
  const { maxBatch } = encoder;
  const { wkv } = state;
  const before = createTensor(gpu, "session.before", wkv.shape, "f32");
  const sums = createTensor(gpu, "session.changes", [maxBatch, changeParts, 2], "f32");
  const dispatches = Array.from({ length: maxBatch }, (_, slot) => stateChange(gpu, { now: wkv, before, sums }, slot));

  function record(slot: number | null): void {
    const encoder = gpu.device.createCommandEncoder({ label: "session.change" });
    const dispatch = slot === null ? null : dispatches[slot];
    if (dispatch) recordDispatches(encoder, [dispatch]);
    encoder.copyBufferToBuffer(wkv.buffer, 0, before.buffer, 0, wkv.buffer.size);
    gpu.device.queue.submit([encoder.finish()]);
  }

  record(null);
  return {
    measure: record,
    async read(count) {
      const parts = new Float32Array(await readBuffer(gpu, sums.buffer, count * changeParts * 8));
      return Array.from({ length: count }, (_, slot) => {
        const row = parts.subarray(slot * changeParts * 2, (slot + 1) * changeParts * 2);
        let [changed, all] = [0, 0];
        for (let i = 0; i < row.length; i += 2) {
          changed += row[i] as number;
          all += row[i + 1] as number;
        }
        return all > 0 ? Math.sqrt(changed / all) : 0;
      });
    },
    copy: async () => joinLayers(await readRnnState(gpu, rnn.config, state)),
    destroy() {
      before.destroy();
      sums.destroy();
    },
  };
}
