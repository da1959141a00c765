import { expect } from "vitest";
import type { Gpu } from "../src/gpu/device.ts";
import { createTensor, readFloats, readWords } from "../src/gpu/tensor.ts";
import { rowStride } from "../src/kernels/row-stride.ts";
import { openModelFolder } from "../src/library/url-folder.ts";
import { seeing } from "../src/model/config.ts";
import { toFloat32 } from "../src/model/half.ts";
import { openSafetensors } from "../src/model/safetensors.ts";
import type { HostTensor, TensorSource } from "../src/model/tensors.ts";
import { createEncoder, type EncodedFrames } from "../src/vision/encoder.ts";
import { expectClose } from "./close.ts";
import { denseRows } from "./rows.ts";

/** Where a model lies, and what PyTorch computed of it: pixels, merged, sizes, visual. */
export type EncoderFixture = { readonly folder: string; readonly reference: string };

/** How it is encoded, and how far that may be from PyTorch, in parts of the largest value. */
type Way = {
  readonly backend: "wasm" | "webgpu";
  readonly precision: "f16" | "f32";
  readonly bound: number;
};

/** Those of `tests/fixtures/models`. */
export function modelFixture(name: string): EncoderFixture {
  const folder = `/tests/fixtures/models/${name}/`;
  return { folder, reference: `${folder}reference/tensors.safetensors` };
}

/** Expects a model's encoder to merge the same patches as PyTorch, and to compute the same within the bound. */
export async function expectParity(
  gpu: Gpu,
  { folder, reference }: EncoderFixture,
  { backend, precision, bound }: Way,
): Promise<void> {
  const { config, tensors } = await openModelFolder(new URL(folder, location.href).href);
  const expected = await openReference(reference);
  const [frames = 0, tokens = 0] = expected.sizes.shape;
  const maxBatch = frames + 1; // the gap must not matter
  let bytes = 0;
  const onTensor = (length: number) => {
    bytes += length;
  };
  const encoder = await createEncoder(gpu, config, tensors, { backend, precision, maxBatch, onTensor });
  const pixels = createTensor(gpu, "pixels", [maxBatch, ...expected.pixels.shape.slice(1)], "f32");
  gpu.device.queue.writeBuffer(pixels.buffer, 0, toFloat32(expected.pixels).slice());
  try {
    for (let round = 0; round < 2; round++) check(await read(gpu, await encoder.encode(pixels, frames)));
  } finally {
    pixels.destroy();
    await encoder.destroy();
  }
  expect(encoder).toMatchObject({ backend, precision, tokensPerFrame: tokens });
  expect(bytes).toBeGreaterThan(0);

  function check(result: Awaited<ReturnType<typeof read>>) {
    const width = config.text.hiddenSize;
    const merged = toFloat32(expected.merged);
    const sizes = toFloat32(expected.sizes);
    expect(result).toMatchObject({ frames, tokens });
    expect([...result.sizes.subarray(0, sizes.length)]).toEqual([...sizes]);
    expectClose(result.merged.subarray(0, merged.length), merged, bound);
    const visual = result.visual.subarray(0, frames * tokens * rowStride(width));
    expectClose(denseRows(visual, width), toFloat32(expected.visual), bound);
    expect(visual.filter((value, i) => i % rowStride(width) >= width && value !== 0).length).toBe(0);
    // Every patch went somewhere: as many into each token as its size says.
    for (let frame = 0; frame < frames; frame++) {
      const counts = new Array<number>(tokens).fill(0);
      const owners = result.owners.subarray(frame * encoder.patches, (frame + 1) * encoder.patches);
      for (const owner of owners) if (owner !== 0xffff) counts[owner] = (counts[owner] ?? 0) + 1;
      expect(counts).toEqual([...sizes.subarray(frame * tokens, (frame + 1) * tokens)]);
      expect(owners.includes(0xffff)).toBe(seeing(config).merge.dropFirst);
    }
  }
}

async function read(device: Gpu, encoded: EncodedFrames) {
  return {
    ...encoded,
    merged: await readFloats(device, encoded.merged),
    sizes: await readFloats(device, encoded.sizes),
    visual: await readFloats(device, encoded.visual),
    owners: await readWords(device, encoded.owners),
  };
}

async function openReference(url: string): Promise<Record<"pixels" | "merged" | "sizes" | "visual", HostTensor>> {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const source: TensorSource = await openSafetensors({
    name: url,
    byteLength: bytes.byteLength,
    read: async (begin, end) => bytes.subarray(begin, end),
  });
  const [pixels, merged, sizes, visual] = await Promise.all(
    ["pixels", "merged", "sizes", "visual"].map((name) => source.read(name)),
  );
  return { pixels, merged, sizes, visual } as Record<"pixels" | "merged" | "sizes" | "visual", HostTensor>;
}
