import { toFloat32, toHalfBits } from "../model/half.ts";
import { expectTensor, type TensorSource } from "../model/tensors.ts";
import type { ReadWeight } from "../onnx/layers.ts";
import type { FloatType } from "../onnx/onnx-graph.ts";

/** Reads weights from a checkpoint; tells `onTensor` each one's bytes; stops with `signal`. */
export function createWeightReader(
  tensors: TensorSource,
  options: { readonly signal?: AbortSignal | undefined; readonly onTensor?: ((bytes: number) => void) | undefined },
): ReadWeight {
  function read(name: string, shape: readonly number[]): Promise<Float32Array>;
  function read(name: string, shape: readonly number[], type: FloatType): Promise<Float32Array | Uint16Array>;
  async function read(name: string, shape: readonly number[], type: FloatType = "f32") {
    options.signal?.throwIfAborted();
    const tensor = await expectTensor(tensors, name, shape);
    options.onTensor?.(tensor.bytes.byteLength);
    return type === "f16" ? toHalfBits(tensor) : toFloat32(tensor);
  }
  return read;
}
