import { expect, it } from "vitest";
import type { AuroraError } from "../../src/errors.ts";
import { selfTest } from "../../src/kernels/self-test.ts";
import { testGpu } from "../gpu.ts";

it("passes on an adapter that computes right values, at once, and leaves nothing behind", async () => {
  const gpu = await testGpu();
  const before = gpu.ledger.buffers;
  await selfTest(gpu); // compiles
  const start = performance.now();
  await selfTest(gpu);
  expect(performance.now() - start).toBeLessThan(1000);
  expect(gpu.ledger.buffers).toBe(before);
});

it.each([
  ["one weight of the last row is wrong", (bits: Uint16Array) => bits.with(bits.length - 1, 0)],
  ["one sign is wrong", (bits: Uint16Array) => bits.with(0, (bits[0] as number) ^ 0x8000)],
  ["halves are swapped in their words", (bits: Uint16Array) => bits.map((_, i) => bits[i ^ 1] ?? 0)],
  ["weights are not a number", (bits: Uint16Array) => bits.map(() => 0x7e00)],
  ["nothing is computed", (bits: Uint16Array) => bits.map(() => 0)],
])("fails where %s", async (_, corrupt) => {
  const gpu = await testGpu();
  const before = gpu.ledger.buffers;
  const error = await selfTest(gpu, corrupt).then(
    () => null,
    (thrown: AuroraError) => thrown,
  );
  expect(error?.code).toBe("WebGpuUnavailable");
  expect(error?.message).toContain("wrong values");
  expect(gpu.ledger.buffers).toBe(before);
});
