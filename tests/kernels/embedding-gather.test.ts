import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor } from "../../src/gpu/tensor.ts";
import { embeddingGather } from "../../src/kernels/embedding-gather.ts";
import { uploadLinear } from "../../src/kernels/linear-weights.ts";
import { float32ToHalf, halfToFloat32 } from "../../src/model/half.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/embedding-gather.ts";
import { emptyRows, readRows } from "./gpu-rows.ts";

it.each([
  [3, 1, 1, 1, "f32"],
  [10, 5, 4, 7, "f16"],
  [101, 67, 17, 33, "f32"],
  [97, 130, 97, 64, "f16"],
  [300, 192, 40, 2, "f16"],
] as const)("gathers from %i × %i in pieces of %i: %i rows, %s", async (vocab, width, pieceRows, rows, dtype) => {
  const gpu = await testGpu();
  const half = float32ToHalf(randomFloats(vocab * width, 1));
  const values = halfToFloat32(half);
  const rowBytes = Math.ceil(width / 4) * 4 * (dtype === "f16" ? 2 : 4);
  const table = uploadLinear(
    gpu,
    "table",
    dtype === "f16" ? half : values,
    { outWidth: vocab, inWidth: width },
    pieceRows * rowBytes,
  );
  expect(table.pieces.length).toBe(Math.ceil(vocab / pieceRows));
  const ids = Uint32Array.from({ length: rows }, (_, t) => (t === 0 ? vocab - 1 : (t * 31) % vocab));
  const indices = createTensor(gpu, "indices", [rows], "u32", ids);
  const x = emptyRows(gpu, "x", rows, width);

  runDispatches(
    gpu,
    table.pieces.map(({ tensor, firstRow, rows: count }) =>
      embeddingGather(gpu, { indices, x }, { tensor, first: firstRow, count }, width),
    ),
    { rows },
  );

  expect(await readRows(gpu, x, width)).toEqual(reference.embeddingGather(ids, values, width));
  for (const owner of [table, indices, x]) owner.destroy();
});
