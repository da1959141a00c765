/**
 * Distance in elements of two rows of an activation on the GPU: the width rounded up to 4, so that kernels may read
 * vec4s. The gap holds zeros: buffers start zeroed, and no kernel writes anything else there.
 */
export function rowStride(width: number): number {
  return Math.ceil(width / 4) * 4;
}
