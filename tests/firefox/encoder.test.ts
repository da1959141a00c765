import { afterAll, expect, it } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { placeEncoder } from "../../src/vision/encoder.ts";
import { expectParity, modelFixture } from "../encoder-parity.ts";

const gpu = await openGpu();
afterAll(() => gpu.destroy());

/** Firefox's software adapter computes in f16, which Chromium's does not. */
it("encodes on a GPU in f16, where it has it, near PyTorch in f32, with the same patches merged", async () => {
  const { precision } = placeEncoder(gpu, { backend: "webgpu", precision: "auto" });
  expect(precision).toBe(gpu.device.features.has("shader-f16") ? "f16" : "f32");
  const bound = precision === "f16" ? 1e-2 : 2e-5;
  await expectParity(gpu, modelFixture("released-quirks"), { backend: "webgpu", precision, bound });
});
