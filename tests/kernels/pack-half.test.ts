import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readWords } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { packHalf } from "../../src/kernels/pack-half.ts";
import { halfToFloat32 } from "../../src/model/half.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { roundToHalf } from "../reference/pack-half.ts";

it.each([2, 70, 64 * 64 * 2 + 10])("rounds %i values and leaves the rest alone", async (count) => {
  const gpu = await testGpu();
  const input = Float32Array.from(randomFloats(count + 4, 5), (value, i) => value * 10 ** ((i % 7) - 3));
  const values = createTensor(gpu, "values", [count + 4], "f32", input);
  const packed = createTensor(gpu, "packed", [count + 4], "f16");
  const uniform = createUniform(gpu, "count", [count / 2]);

  runDispatches(gpu, [packHalf(gpu, { values, packed, count: uniform })]);

  const words = await readWords(gpu, packed);
  const output = halfToFloat32(new Uint16Array(words.buffer, 0, count + 4));
  expect([...output.subarray(0, count)]).toEqual([...input.subarray(0, count)].map(roundToHalf));
  expect([...output.subarray(count)]).toEqual([0, 0, 0, 0]);
  for (const owner of [values, packed, uniform]) owner.destroy();
});
