import type { ComponentLayout, FrameLayout } from "../kernels/frame-to-rgb.ts";

/** A plane as `VideoFrame.copyTo` reports it, in bytes. */
type Plane = { readonly offset: number; readonly stride: number };

/** Interleaved 8-bit R, G, B and a fourth byte that is ignored; rows `stride` bytes apart. */
export function packedLayout(order: "RGB" | "BGR", width: number, height: number, stride = width * 4): FrameLayout {
  const component = (channel: string): ComponentLayout => ({ offset: order.indexOf(channel), stride, step: 4 });
  return {
    width,
    height,
    components: [component("R"), component("G"), component("B")],
    chromaShift: [0, 0],
    bits: 8,
    byteLength: (height - 1) * stride + width * 4,
  };
}

/**
 * Layout of the samples that `VideoFrame.copyTo` wrote; alpha is left out.
 *
 * @param format a `VideoPixelFormat`; TypeScript's list lacks those of 10 and 12 bits
 * @returns null for a format that is not known
 */
export function frameLayout(
  format: string,
  width: number,
  height: number,
  planes: readonly Plane[],
): FrameLayout | null {
  const [first, second, third] = planes;
  if (!first) return null;
  if (/^(RGB|BGR)[AX]$/.test(format)) {
    return shifted(packedLayout(format.slice(0, 3) as "RGB" | "BGR", width, height, first.stride), first.offset);
  }
  if (format === "NV12" && second) {
    const { offset, stride } = second;
    const chroma = [0, 1].map((byte) => ({ offset: offset + byte, stride, step: 2 }));
    return yuvLayout(width, height, [1, 1], 8, [{ ...first, step: 1 }, ...chroma]);
  }
  const planar = /^I4(20|22|44)A?(P10|P12)?$/.exec(format);
  if (!planar || !second || !third) return null;
  const bits = planar[2] === "P10" ? 10 : planar[2] === "P12" ? 12 : 8;
  const shift = [planar[1] === "44" ? 0 : 1, planar[1] === "20" ? 1 : 0] as const;
  const step = bits === 8 ? 1 : 2;
  return yuvLayout(width, height, shift, bits, [
    { ...first, step },
    { ...second, step },
    { ...third, step },
  ]);
}

function shifted(layout: FrameLayout, offset: number): FrameLayout {
  const [r, g, b] = layout.components.map((component) => ({ ...component, offset: component.offset + offset }));
  if (!r || !g || !b) return layout;
  return { ...layout, components: [r, g, b], byteLength: layout.byteLength + offset };
}

function yuvLayout(
  width: number,
  height: number,
  chromaShift: readonly [number, number],
  bits: FrameLayout["bits"],
  [y, u, v]: readonly ComponentLayout[],
): FrameLayout | null {
  if (!y || !u || !v) return null;
  const end = ({ offset, stride, step }: ComponentLayout, [shiftX, shiftY]: readonly [number, number]) =>
    offset + ((height - 1) >> shiftY) * stride + ((width - 1) >> shiftX) * step + (bits === 8 ? 1 : 2);
  const byteLength = Math.max(end(y, [0, 0]), end(u, chromaShift), end(v, chromaShift));
  return { width, height, components: [y, u, v], chromaShift, bits, byteLength };
}
