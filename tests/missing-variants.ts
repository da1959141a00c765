import type { Gpu } from "../src/gpu/device.ts";
import {
  arithmeticOf,
  type BlockedVariant,
  blockedShapes,
  type DecodeVariant,
  type PrefillVariant,
} from "../src/kernels/linear-variants.ts";

/** What an adapter lacks for a variant of the products, by its device's own features and limits; null where it lacks nothing. */
export function whatLacks(gpu: Gpu, variant: PrefillVariant | DecodeVariant): string | null {
  const { features, limits } = gpu.device;
  const arithmetic = arithmeticOf(variant);
  if (arithmetic === "half" && !features.has("shader-f16")) return "shader-f16";
  if (arithmetic === "dot" && !gpu.packedDot) return "packed products";
  if (variant === "subgroup" && gpu.subgroupSize !== 4) return "subgroups of 4";
  if (typeof variant !== "string")
    return variant.lanes === "subgroup" && gpu.subgroupSize === null ? "subgroups" : null;
  const shape = variant in blockedShapes ? blockedShapes[variant as BlockedVariant] : null;
  if (!shape) return null;
  const threads = shape.threads[0] * shape.threads[1] * shape.split;
  if (threads > limits.maxComputeInvocationsPerWorkgroup) return "threads";
  const tiles = shape.bytes * (shape.threads[0] + shape.threads[1]) * shape.split;
  return 1.5 * tiles > limits.maxComputeWorkgroupStorageSize ? "workgroup memory" : null;
}
