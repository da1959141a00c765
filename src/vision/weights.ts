import { toFloat32 } from "../model/half.ts";
import { expectTensor, type TensorSource } from "../model/tensors.ts";
import type { ReadWeight } from "../onnx/layers.ts";

/** Reads weights from a checkpoint; tells `onTensor` each one's bytes; stops with `signal`. */
export function createWeightReader(
  tensors: TensorSource,
  options: { readonly signal?: AbortSignal | undefined; readonly onTensor?: ((bytes: number) => void) | undefined },
): ReadWeight {
  return async (name, shape) => {
    options.signal?.throwIfAborted();
    const tensor = await expectTensor(tensors, name, shape);
    options.onTensor?.(tensor.bytes.byteLength);
    return toFloat32(tensor);
  };
}
