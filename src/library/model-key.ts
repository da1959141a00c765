import type { ModelSource } from "./model-source.ts";
import type { Quantization } from "./types.ts";

/** The name in the store of one form of a source's model. */
export function modelKey(source: Pick<ModelSource, "key">, quantization: Quantization): string {
  return `${source.key}-${quantization}`;
}

/** The source's key in a model's. */
export function sourceKeyOf(model: string): string {
  return model.slice(0, Math.max(0, model.lastIndexOf("-")));
}
