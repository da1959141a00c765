import { afterAll, describe, expect, it } from "vitest";
import { AuroraError } from "../../src/errors.ts";
import { openGpu } from "../../src/gpu/device.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { openModelFolder } from "../../src/library/url-folder.ts";
import { seeing } from "../../src/model/config.ts";
import type { TensorSource } from "../../src/model/tensors.ts";
import { createEncoder } from "../../src/vision/encoder.ts";
import { expectClose, randomFloats } from "../close.ts";

const gpu = await openGpu();
afterAll(() => gpu.destroy());

const { config, tensors } = await openModelFolder(new URL("/tests/fixtures/models/odd-widths/", location.href).href);
const side = seeing(config).vision.imageSize;
const picture = randomFloats(3 * side * side, 1);

describe.each(["wasm", "webgpu"] as const)("an encoder on %s", (backend) => {
  it("gives all GPU memory back, ten times over", async () => {
    const pixels = createTensor(gpu, "pixels", [1, 3, side, side], "f32", picture);
    const before = { ...gpu.ledger };
    for (let cycle = 0; cycle < 10; cycle++) {
      const encoder = await createEncoder(gpu, config, tensors, { backend, maxBatch: 1 });
      if (cycle % 5 === 0) await encoder.encode(pixels, 1);
      expect(gpu.ledger.buffers).toBeGreaterThan(before.buffers);
      await encoder.destroy();
      expect({ ...gpu.ledger }).toEqual(before);
    }
    pixels.destroy();
  });

  it("shares the runtime with another one", async () => {
    const both = await Promise.all(
      [1, 2].map((maxBatch) => createEncoder(gpu, config, tensors, { backend, maxBatch })),
    );
    const pixels = createTensor(gpu, "pixels", [1, 3, side, side], "f32", picture);
    const encoded = await Promise.all(both.map((encoder) => encoder.encode(pixels, 1)));
    const [first, second] = await Promise.all(encoded.map(({ visual }) => readFloats(gpu, visual)));
    expect(second?.subarray(0, first?.length)).toEqual(first);
    pixels.destroy();
    for (const encoder of both) await encoder.destroy();
  });

  it("computes the same cut into more segments", async () => {
    const unmerged = { ...config, merge: { ...config.merge, r: [0, 4, 0] } };
    const pixels = createTensor(gpu, "pixels", [1, 3, side, side], "f32", picture);
    const results: Float32Array[] = [];
    for (const segmentBytes of [1 << 30, 1]) {
      const encoder = await createEncoder(gpu, unmerged, tensors, { backend, maxBatch: 1, segmentBytes });
      results.push(await readFloats(gpu, (await encoder.encode(pixels, 1)).visual));
      await encoder.destroy();
    }
    pixels.destroy();
    const [whole = [], parts = []] = results;
    expectClose(parts, whole, 1e-6);
  });

  it("ends a running call before it is destroyed", async () => {
    const before = { ...gpu.ledger };
    const encoder = await createEncoder(gpu, config, tensors, { backend, maxBatch: 1 });
    const pixels = createTensor(gpu, "pixels", [1, 3, side, side], "f32", picture);
    const running = encoder.encode(pixels, 1);
    await encoder.destroy();
    await expect(running).resolves.toMatchObject({ frames: 1 });
    pixels.destroy();
    expect({ ...gpu.ledger }).toEqual(before);
  });

  it("fails with the GPU, and leaves the runtime to others", async () => {
    const before = { ...gpu.ledger };
    const { promise: failed, resolve: fail } = Promise.withResolvers<AuroraError>();
    const failing = { ...gpu, failed };
    const encoder = await createEncoder(failing, config, tensors, { backend, maxBatch: 1 });
    const pixels = createTensor(gpu, "pixels", [1, 3, side, side], "f32", picture);
    const running = encoder.encode(pixels, 1);
    fail(new AuroraError("DeviceLost", "Lost."));
    await expect(running).rejects.toMatchObject({ code: "DeviceLost" });
    const refused = createEncoder(failing, config, tensors, { backend, maxBatch: 1 });
    await expect(refused).rejects.toMatchObject({ code: "DeviceLost" });
    const other = await createEncoder(gpu, config, tensors, { backend, maxBatch: 1 });
    await other.encode(pixels, 1);
    await other.destroy();
    await encoder.destroy();
    pixels.destroy();
    expect({ ...gpu.ledger }).toEqual(before);
  });

  it("leaves nothing behind when a tensor is missing or loading is stopped", async () => {
    const before = { ...gpu.ledger };
    const late = `vision_model.encoder.layers.${seeing(config).vision.numHiddenLayers - 1}.mlp.fc2.weight`;
    const damaged: TensorSource = { ...tensors, info: (name) => (name === late ? null : tensors.info(name)) };
    const failed = createEncoder(gpu, config, damaged, { backend, maxBatch: 1 });
    await expect(failed).rejects.toMatchObject({ code: "ModelCorrupt", message: expect.stringContaining(late) });
    const stop = new AbortController();
    let read = 0;
    const onTensor = () => {
      read += 1;
      if (read === 30) stop.abort();
    };
    const stopped = createEncoder(gpu, config, tensors, { backend, maxBatch: 1, signal: stop.signal, onTensor });
    await expect(stopped).rejects.toMatchObject({ code: "Aborted" });
    expect(read).toBe(30);
    expect({ ...gpu.ledger }).toEqual(before);
  });
});

it("takes wasm and f32 where the adapter is software, else the GPU, and f16 where it has it", async () => {
  const encoder = await createEncoder(gpu, config, tensors, { backend: "auto", precision: "auto", maxBatch: 1 });
  expect(encoder.backend).toBe(gpu.adapter.software ? "wasm" : "webgpu");
  const half = !gpu.adapter.software && gpu.device.features.has("shader-f16");
  expect(encoder.precision).toBe(half ? "f16" : "f32");
  await encoder.destroy();
});

it("takes fewer frames at once where buffers are small, and says so when not even one fits", async () => {
  const frame = 4 * 3 * side * side; // nano's largest tensor is the picture, or smaller than twice it
  const encoder = await createEncoder({ ...gpu, maxBindingBytes: 4 * frame }, config, tensors, {
    backend: "webgpu",
    maxBatch: 8,
  });
  expect(encoder.maxBatch).toBeGreaterThan(0);
  expect(encoder.maxBatch).toBeLessThan(8);
  await encoder.destroy();
  const none = createEncoder({ ...gpu, maxBindingBytes: frame / 8 }, config, tensors, {
    backend: "webgpu",
    maxBatch: 8,
  });
  await expect(none).rejects.toMatchObject({ code: "AdapterTooSmall" });
});
