import { expect, it } from "vitest";
import { openGpu } from "../../../src/gpu/device.ts";

it("lets the device tell of its adapter in browsers where only the adapter does, as onnxruntime asks the device", async () => {
  const info = { vendor: "v", architecture: "a", device: "d", description: "" };
  const limits = { maxComputeInvocationsPerWorkgroup: 256, maxStorageBuffersPerShaderStage: 8 };
  const device = Object.assign(new EventTarget(), {
    limits,
    features: new Set(),
    lost: new Promise(() => undefined),
    createBuffer: () => undefined,
  });
  const adapter = { info, limits, features: new Set(), requestDevice: async () => device };
  const gpu = await openGpu({ gpu: { requestAdapter: async () => adapter } as unknown as GPU });
  expect(gpu.device.adapterInfo).toBe(info);
});
