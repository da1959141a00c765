import code from "../../shaders/state-change.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** Parts that the sums come in, so that no thread waits for another. */
export const changeParts = 1024;

/**
 * Sums the squares of `now` − `before` and those of `now` into row `row` of `sums` [rows, changeParts, 2]; the parts of a
 * row are to be added up.
 *
 * @param io.now [n] f32, as `before`
 */
export function stateChange(
  gpu: Gpu,
  io: { readonly now: Tensor; readonly before: Tensor; readonly sums: Tensor },
  row: number,
): Dispatch {
  const pipeline = compileKernel(gpu, { name: "state-change", code });
  const size = changeParts * 8;
  const sums = { buffer: io.sums.buffer, offset: row * size, size };
  return createDispatch(gpu, `${io.now.label}.change`, pipeline, [io.now, io.before, sums], [changeParts / 64]);
}
