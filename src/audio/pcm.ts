import { assert } from "../errors.ts";

/** Whether sound of this codec is uncompressed, or by the telephone's logarithms, and needs no decoder. */
export function isPcm(codec: string): boolean {
  return /^pcm-(u8|s8|[sf](16|24|32|64)(be)?)$|^[au]law$/.test(codec);
}

/** Bytes of one value of a codec of which `isPcm`. */
export function pcmBytes(codec: string): number {
  return /law$/.test(codec) ? 1 : Number(/\d+/.exec(codec)?.[0] ?? 8) / 8;
}

/** Values of all channels by turns as numbers from −1 to 1. Bytes at the end that are no whole value are left out. */
export function readPcm(bytes: Uint8Array, codec: string): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = pcmBytes(codec);
  const read = reader(view, codec, size);
  return Float32Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => read(i * size));
}

function reader(view: DataView, codec: string, size: number): (at: number) => number {
  const little = !codec.endsWith("be");
  switch (codec.replace(/be$/, "")) {
    case "pcm-u8":
      return (at) => (view.getUint8(at) - 128) / 128;
    case "pcm-s8":
      return (at) => view.getInt8(at) / 128;
    case "pcm-s16":
      return (at) => view.getInt16(at, little) / 32768;
    case "pcm-s24":
      return little
        ? (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65536) / 8388608
        : (at) => (view.getInt8(at) * 65536 + view.getUint16(at + 1)) / 8388608;
    case "pcm-s32":
      return (at) => view.getInt32(at, little) / 2147483648;
    case "pcm-f32":
      return (at) => view.getFloat32(at, little);
    case "pcm-f64":
      return (at) => view.getFloat64(at, little);
    case "ulaw":
      return (at) => muLaw(view.getUint8(at));
    case "alaw":
      return (at) => aLaw(view.getUint8(at));
    default:
      assert(false, `sound of ${codec}, ${size} bytes`);
  }
}

/** ITU-T G.711, μ-law: 14 bits. */
function muLaw(byte: number): number {
  const inverted = ~byte & 255;
  const magnitude = (((inverted & 15) << 3) + 132) << ((inverted >> 4) & 7);
  return ((inverted & 128) !== 0 ? 132 - magnitude : magnitude - 132) / 32768;
}

/** ITU-T G.711, A-law: 13 bits. */
function aLaw(byte: number): number {
  const toggled = byte ^ 0x55;
  const exponent = (toggled >> 4) & 7;
  const mantissa = (toggled & 15) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 264) << (exponent - 1);
  return ((toggled & 128) !== 0 ? magnitude : -magnitude) / 32768;
}
