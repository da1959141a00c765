import code from "../../shaders/embedding-gather.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

/** A part of a table of rows [count, rowStride(C)] whose first row has the index `first`. */
export type TablePiece = { readonly tensor: Tensor; readonly first: number; readonly count: number };

/**
 * Copies row `indices[t]` of the table into row t of `x` [T, C], for those indices that lie in `piece`.
 *
 * @param width C
 */
export function embeddingGather(
  gpu: Gpu,
  io: { readonly indices: Tensor; readonly x: Tensor },
  piece: TablePiece,
  width: number,
): Dispatch {
  const half = piece.tensor.dtype === "f16" ? 1 : 0;
  const constants = { WIDTH: width, STRIDE: rowStride(width), HALF: half, FIRST: piece.first, COUNT: piece.count };
  const pipeline = compileKernel(gpu, { name: "embedding-gather", code, constants });
  const bindings = [io.indices, piece.tensor, io.x];
  return createDispatch(gpu, `${io.x.label}.gather`, pipeline, bindings, (rows) => [Math.ceil(width / 64), rows]);
}
