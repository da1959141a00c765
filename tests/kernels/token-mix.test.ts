import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { tokenMix } from "../../src/kernels/token-mix.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/token-mix.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

it.each([
  [1, 1, 1],
  [1, 192, 16],
  [2, 5, 3],
  [7, 35, 5],
  [33, 67, 2],
  [64, 130, 7],
])("mixes %i rows of %i at rank %i", async (rows, width, rank) => {
  const gpu = await testGpu();
  const batchRows = rows + 3;
  const data = {
    x: randomFloats(rows * width, 1),
    shift: randomFloats(width, 2),
    mix: randomFloats(5 * width, 3),
    m: randomFloats(rows * 5 * rank, 4),
    up: randomFloats(5 * rank * width, 5),
  };
  const upload = (name: keyof typeof data, columns = width) => uploadRows(gpu, name, data[name], columns);
  const [x, shift, mix, m, up] = [upload("x"), upload("shift"), upload("mix"), upload("m", 5 * rank), upload("up")];
  const out = emptyRows(gpu, "out", 5 * batchRows, width);
  const uniform = createUniform(gpu, "rows", [rows, 0, 0, 0]);

  runDispatches(gpu, [tokenMix(gpu, { x, shift, mix, m, up, out, rows: uniform }, { width, rank, batchRows })], {
    rows,
  });

  const expected = reference.tokenMix(data.x, data.shift, data.mix, data.m, data.up);
  const output = await readRows(gpu, out, width);
  for (let i = 0; i < 5; i++) {
    const mine = output.subarray(i * batchRows * width, (i + 1) * batchRows * width);
    expectClose(mine.subarray(0, rows * width), expected.subarray(i * rows * width, (i + 1) * rows * width), 1e-5);
    expect(mine.subarray(rows * width).every((value) => value === 0)).toBe(true);
  }
  for (const owner of [x, shift, mix, m, up, out, uniform]) owner.destroy();
});
