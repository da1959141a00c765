import { corruptFile } from "./fields.ts";
import type { HostTensor } from "./tensors.ts";

/**
 * A tensor's elements as f32, exact. May share memory with the tensor: copy before writing.
 *
 * @throws AuroraError `ModelCorrupt` for whole numbers, which mean nothing without their scales
 */
export function toFloat32(tensor: HostTensor): Float32Array {
  if (tensor.dtype === "F32") {
    const bytes = aligned(tensor.bytes, 4);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
  if (tensor.dtype !== "F16" && tensor.dtype !== "BF16") {
    throw corruptFile("weights", `hold whole numbers (${tensor.dtype}) where the app needs floating-point numbers`);
  }
  const bits = halfWords(tensor.bytes);
  return tensor.dtype === "F16" ? halfToFloat32(bits) : bfloat16ToFloat32(bits);
}

/**
 * A tensor's elements as bits of f16, rounded to the nearest (ties to even); what is too large becomes infinite.
 * May share memory with the tensor: copy before writing.
 *
 * @throws AuroraError `ModelCorrupt` for whole numbers
 */
export function toHalfBits(tensor: HostTensor): Uint16Array {
  if (tensor.dtype === "F16") return halfWords(tensor.bytes);
  return tensor.dtype === "BF16" ? bfloat16ToHalf(halfWords(tensor.bytes)) : float32ToHalf(toFloat32(tensor));
}

/** Bits of f16 as f32, exact, NaN payloads included. */
export function halfToFloat32(bits: Uint16Array): Float32Array {
  halfTable ??= buildHalfTable();
  const table = halfTable;
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = table[bits[i] as number] as number;
  return new Float32Array(words.buffer);
}

/** f32 as bits of f16, rounded to the nearest (ties to even) as IEEE 754 and PyTorch do; overflow becomes infinite. */
export function float32ToHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) bits[i] = roundToHalf(words[i] as number);
  return bits;
}

/** Bits of bf16 as f32: the upper half of the f32 with the same value. */
function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/** Bits of bf16 → bits of the nearest f16, by a table of all 65536: several times as fast as by way of f32. */
function bfloat16ToHalf(bits: Uint16Array): Uint16Array {
  bfloat16Table ??= float32ToHalf(bfloat16ToFloat32(Uint16Array.from({ length: 65536 }, (_, value) => value)));
  const table = bfloat16Table;
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = table[bits[i] as number] as number;
  return halves;
}

let bfloat16Table: Uint16Array | undefined;

/** The bits of an f32 → the bits of the nearest f16. */
function roundToHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above round to infinity
  // Normal f16: rebias the exponent (127 → 15) and round away 13 bits; a carry runs on into the exponent, as it should.
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  if (magnitude <= 0x33000000) return sign; // at most half of the smallest subnormal, 2⁻²⁵: rounds to zero
  // Subnormal f16: a multiple of 2⁻²⁴. The shift is 14 to 24 bits.
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  return sign | ((mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift);
}

let halfTable: Uint32Array | undefined;

/** The f32 bits of all 65536 values of f16. */
function buildHalfTable(): Uint32Array {
  const value = new Float32Array(1);
  const word = new Uint32Array(value.buffer);
  return Uint32Array.from({ length: 65536 }, (_, bits) => {
    const sign = (bits & 0x8000) << 16;
    const exponent = (bits >>> 10) & 31;
    const mantissa = bits & 0x3ff;
    if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
    if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
    value[0] = mantissa * 2 ** -24;
    return sign | (word[0] as number);
  });
}

function halfWords(bytes: Uint8Array): Uint16Array {
  const start = aligned(bytes, 2);
  return new Uint16Array(start.buffer, start.byteOffset, start.byteLength / 2);
}

/** The bytes where a typed array of `size`-byte elements can begin; a copy only where needed. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : bytes.slice();
}
