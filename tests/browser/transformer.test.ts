import { afterAll, describe, expect, it } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { createOrtSession } from "../../src/onnx/ort-session.ts";
import { expectClose, randomFloats } from "../close.ts";
import { transformerBlock } from "../reference/transformer.ts";
import { blocks, buildTextTower, textWeights, tokens } from "../text-tower.ts";

const gpu = await openGpu();
afterAll(() => gpu.destroy());

const names = { label: "text", what: "text tower" };
const width = blocks[0]?.width ?? 0;
const texts = 2;
const rows = randomFloats(texts * tokens * width, 99);

describe.each(["wasm", "webgpu"] as const)("a text's tower on %s", (backend) => {
  it.each([true, false])("computes what the naive reference does; causal: %s", async (causal) => {
    const before = { ...gpu.ledger };
    const { read, values } = textWeights();
    const session = await createOrtSession(gpu, backend, await buildTextTower(read, causal), names);
    const shape = [texts, tokens, width];
    const [x, y] = [createTensor(gpu, "x", shape, "f32", rows), createTensor(gpu, "y", shape, "f32")];
    await session.run({ x: { tensor: x, shape } }, { y: { tensor: y, shape } });
    const found = await readFloats(gpu, y);
    for (let text = 0; text < texts; text++) {
      const part = [text * tokens * width, (text + 1) * tokens * width] as const;
      const expected = blocks.reduce(
        (input, block) => transformerBlock(input, (name) => values.get(name) as Float32Array, block, causal),
        rows.subarray(...part),
      );
      expectClose(found.subarray(...part), expected, 2e-5);
    }
    for (const tensor of [x, y]) tensor.destroy();
    await session.release();
    expect({ ...gpu.ledger }).toEqual(before);
  });

  it("says by its name what could not be loaded", async () => {
    const broken = createOrtSession(gpu, backend, new Uint8Array(100), names);
    await expect(broken).rejects.toMatchObject({
      code: "ModelUnsupported",
      message: "This model's text tower could not be loaded.",
    });
  });
});
