import { expect, it } from "vitest";
import { createTensor } from "../../src/gpu/tensor.ts";
import { timeDispatches } from "../../src/gpu/timing.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { linearPrefill } from "../../src/kernels/linear.ts";
import { uploadLinear } from "../../src/kernels/linear-weights.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";

it("measures on the GPU's clock and leaves nothing behind", async () => {
  const gpu = await testGpu();
  const before = gpu.ledger.buffers;
  const [rows, width] = [256, 192];
  const x = createTensor(gpu, "x", [rows, width], "f32", randomFloats(rows * width, 1));
  const y = createTensor(gpu, "y", [rows, width], "f32");
  const w = uploadLinear(gpu, "w", randomFloats(width * width, 2), { outWidth: width, inWidth: width });
  const uniform = createUniform(gpu, "rows", [rows]);
  const dispatches = linearPrefill(gpu, { x, w, y, rows: uniform });

  expect(await timeDispatches(gpu, [], { rows })).toBeGreaterThanOrEqual(0);
  expect(await timeDispatches(gpu, dispatches, { rows })).toBeGreaterThan(0);

  for (const owner of [x, y, w, uniform]) owner.destroy();
  expect(gpu.ledger.buffers).toBe(before);
});

it("says that there are no timestamps where there are none", async () => {
  const gpu = await testGpu();
  const without = { ...gpu, device: { features: new Set() } as unknown as GPUDevice };
  expect(await timeDispatches(without, [])).toBeNull();
});
