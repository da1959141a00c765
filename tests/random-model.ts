import { float32ToHalf, halfToFloat32 } from "../src/model/half.ts";
import type { TensorSource } from "../src/model/tensors.ts";
import { randomFloats } from "./close.ts";

/** Random weights as a checkpoint, and as f32 arrays with the same values. */
export type RandomModel = { readonly source: TensorSource; readonly values: (name: string) => Float32Array };

/** Draws tensors of given shapes, each within ±`scale` of its `offset`. */
export function randomModel(
  tensorShapes: Record<string, readonly number[]>,
  draw: { scale(name: string, shape: readonly number[]): number; offset(name: string): number },
  dtype: "F16" | "F32",
  seed: number,
): RandomModel {
  const shapes = new Map(Object.entries(tensorShapes));
  const tensors = new Map<string, Float32Array>();
  let next = seed;
  for (const [name, shape] of shapes) {
    const length = shape.reduce((product, size) => product * size, 1);
    const raw = Float32Array.from(
      randomFloats(length, next++, draw.scale(name, shape)),
      (value) => value + draw.offset(name),
    );
    tensors.set(name, dtype === "F16" ? halfToFloat32(float32ToHalf(raw)) : raw);
  }
  const values = (name: string) => tensors.get(name) ?? new Float32Array();
  const source: TensorSource = {
    names: [...shapes.keys()],
    info: (name) => {
      const shape = shapes.get(name);
      return shape ? { shape, dtype } : null;
    },
    read: async (name) => {
      const data = dtype === "F16" ? float32ToHalf(values(name)) : values(name);
      return {
        shape: shapes.get(name) ?? [],
        dtype,
        bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      };
    },
  };
  return { source, values };
}
