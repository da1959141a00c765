/**
 * The least versions in which all that the page needs is there. Chrome and Edge: `GPUAdapter.info` (127), without which
 * onnxruntime starts no session on the GPU; before that `Promise.withResolvers` (119) and `AbortSignal.any` (116).
 * Safari and Firefox: WebGPU itself, which came after all the rest.
 */
export const leastBrowsers = { chromium: 127, safari: 26, firefox: 141 } as const;

/** Those browsers in words. */
export const browsersThatWork = `Chrome or Edge ${leastBrowsers.chromium}, Safari ${leastBrowsers.safari}, Firefox ${leastBrowsers.firefox}, or later`;
