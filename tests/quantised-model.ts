import { toFloat32 } from "../src/model/half.ts";
import { dequantise, isQuantisable, type QuantisedFormat, quantise, scaleSuffix } from "../src/model/quantised.ts";
import type { HostTensor, TensorSource } from "../src/model/tensors.ts";
import type { RandomModel } from "./random-model.ts";
import { tensorMap } from "./unit/model/tensor-map.ts";

/** A model with its linear layers quantised, as a checkpoint and as the values that it then stands for. */
export async function quantisedModel(
  model: TensorSource,
  format: QuantisedFormat,
): Promise<RandomModel & { readonly tensors: Map<string, HostTensor> }> {
  const tensors = new Map<string, HostTensor>();
  const values = new Map<string, Float32Array>();
  for (const name of model.names) {
    const tensor = await model.read(name);
    const weights = toFloat32(tensor);
    const [rows = 0, inWidth = 0] = tensor.shape;
    if (!isQuantisable(name, tensor.shape)) {
      tensors.set(name, tensor);
      values.set(name, weights);
      continue;
    }
    const quantised = quantise(weights, inWidth, format);
    const columns = format === "int8" ? inWidth : inWidth / 2;
    tensors.set(name, { shape: [rows, columns], dtype: format === "int8" ? "I8" : "U8", bytes: quantised.data });
    const scale = new Uint8Array(quantised.scale.buffer);
    tensors.set(name + scaleSuffix, { shape: [rows, inWidth / 32], dtype: "F16", bytes: scale });
    values.set(name, dequantise(quantised, format));
  }
  return { tensors, source: tensorMap(tensors), values: (name) => values.get(name) ?? new Float32Array() };
}
