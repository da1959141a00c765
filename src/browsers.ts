/**
 * The least versions in which all that the page needs is there. Chrome and Edge: `GPUAdapter.info` (127), without which
 * onnxruntime starts no session on the GPU; before that `Promise.withResolvers` (119) and `AbortSignal.any` (116).
 * Safari and Firefox: WebGPU itself, which came after all the rest.
 */
export const leastBrowsers = { chromium: 127, safari: 26, firefox: 141 } as const;

/** Those browsers in words. */
export const browsersThatWork = `Chrome or Edge ${leastBrowsers.chromium}, Safari ${leastBrowsers.safari}, Firefox ${leastBrowsers.firefox}, or later`;

/** What a browser says of itself, as far as it decides whether it has WebGPU. */
export type BrowserFacts = {
  readonly userAgent: string;
  /** Whether the page came over https or from this machine. */
  readonly secure: boolean;
};

/** The browser that this code runs in, in a window or a worker; one without a name elsewhere. */
export function thisBrowser(): BrowserFacts {
  const { navigator, isSecureContext = true } = globalThis as { navigator?: Navigator; isSecureContext?: boolean };
  return { userAgent: navigator?.userAgent ?? "", secure: isSecureContext };
}

/** Why a browser has no WebGPU and what switches it on, in one or two sentences. */
export function withoutWebGpu({ userAgent, secure }: BrowserFacts): string {
  if (!secure)
    return "Browsers keep WebGPU from pages that came over plain http. Open this page over https or on localhost.";
  const firefox = firefoxVersion(userAgent);
  if (firefox !== null && firefox < leastBrowsers.firefox)
    return `This is Firefox ${firefox}, which is too old. Use Firefox ${leastBrowsers.firefox} or later, Chrome or Edge.`;
  if (firefox !== null) {
    const where = /Linux/.test(userAgent)
      ? "Firefox on Linux has WebGPU switched off."
      : "WebGPU is switched off in this Firefox.";
    return `${where} Open about:config, set dom.webgpu.enabled and gfx.webgpu.ignore-blocklist to true, then reload this page.`;
  }
  return `This browser has no WebGPU. Use ${browsersThatWork}, over https or on localhost.`;
}

/** What to do where a browser has WebGPU but finds no graphics adapter for it. */
export function withoutAdapter({ userAgent }: BrowserFacts): string {
  const found = "WebGPU is here but found no graphics adapter.";
  return firefoxVersion(userAgent) === null
    ? `${found} Update the graphics driver, or switch on hardware acceleration in the browser's settings.`
    : `${found} Update the graphics driver, or open about:config and set gfx.webgpu.ignore-blocklist to true.`;
}

/** The main version of a Firefox; null for other browsers. */
function firefoxVersion(userAgent: string): number | null {
  const version = /\bFirefox\/(\d+)/.exec(userAgent)?.[1];
  return version === undefined ? null : Number(version);
}
