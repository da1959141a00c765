import { afterAll, describe, expect, it } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { expectParity, modelFixture } from "../encoder-parity.ts";

const gpu = await openGpu();
afterAll(() => gpu.destroy());

/** Firefox's software adapter computes in f16, which Chromium's does not. */
describe("an encoder in f16 on a GPU", () => {
  it("has an adapter that computes in it", () => expect(gpu.device.features.has("shader-f16")).toBe(true));

  it("merges the same patches as PyTorch in f32, and is near it", () =>
    expectParity(gpu, modelFixture("released-quirks"), { backend: "webgpu", precision: "f16", bound: 1e-2 }));
});
