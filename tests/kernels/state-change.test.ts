import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { changeParts, stateChange } from "../../src/kernels/state-change.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { sumChange } from "../reference/state-change.ts";

it.each([64, 1024, 5 * 64 * 192])("sums the change of %i numbers into its row, and into no other", async (n) => {
  const gpu = await testGpu();
  const [was, is] = [randomFloats(n, 1, 3), randomFloats(n, 2, 3)];
  const now = createTensor(gpu, "now", [n], "f32", is);
  const before = createTensor(gpu, "before", [n], "f32", was);
  const sums = createTensor(gpu, "sums", [3, changeParts, 2], "f32");

  runDispatches(gpu, [stateChange(gpu, { now, before, sums }, 1)]);

  const parts = await readFloats(gpu, sums);
  const row = (i: number) => parts.subarray(i * changeParts * 2, (i + 1) * changeParts * 2);
  const total = (values: Float32Array, offset: number) =>
    values.reduce((sum, value, i) => (i % 2 === offset ? sum + value : sum), 0);
  expectClose([total(row(1), 0), total(row(1), 1)], sumChange(is, was), 1e-5);
  for (const other of [0, 2]) expect(row(other).every((value) => value === 0)).toBe(true);
  for (const owner of [now, before, sums]) owner.destroy();
});
