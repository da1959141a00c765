import { readFileSync } from "node:fs";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { browsersThatWork, leastBrowsers, withoutAdapter, withoutWebGpu } from "../../src/browsers.ts";
import { openGpu } from "../../src/gpu/device.ts";
import { NoWebGpu } from "../../src/ui/models/NoWebGpu.tsx";

test("the README, the page and the error name the same browsers", async () => {
  const { chromium, safari, firefox } = leastBrowsers;
  expect(browsersThatWork).toBe(`Chrome or Edge ${chromium}, Safari ${safari}, Firefox ${firefox}, or later`);
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`a browser with WebGPU (${browsersThatWork})`);
  expect([...readme.matchAll(/(?:Chrome or Edge|Safari|Firefox) \d+/g)]).toHaveLength(3);
  await expect(openGpu()).rejects.toThrow(`This browser has no WebGPU. Use ${browsersThatWork}, over https`);
  const page = renderToStaticMarkup(createElement(NoWebGpu, { message: "", onRetry: () => undefined }));
  const named = [...page.matchAll(/<dt>(.*?)<\/dt>/g)].map((match) => match[1]);
  expect(named).toEqual([`Chrome or Edge ${chromium}+`, `Safari ${safari}+`, `Firefox ${firefox}+`, "Anywhere"]);
});

const agents = {
  firefoxOnLinux: "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
  oldFirefox: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  firefoxOnMac: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0",
  chrome: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
};

test.each([
  [
    agents.firefoxOnLinux,
    true,
    /^Firefox on Linux has WebGPU switched off\. Open about:config, set dom\.webgpu\.enabled/,
  ],
  [
    agents.firefoxOnMac,
    true,
    /^WebGPU is switched off in this Firefox\. Open about:config.*gfx\.webgpu\.ignore-blocklist/,
  ],
  [agents.oldFirefox, true, /^This is Firefox 128, which is too old\. Use Firefox 141 or later/],
  [agents.chrome, true, /^This browser has no WebGPU\. Use Chrome or Edge/],
  [agents.chrome, false, /plain http\. Open this page over https or on localhost/],
  [agents.firefoxOnLinux, false, /plain http/],
])("says what gives this browser WebGPU: %s", (userAgent, secure, sentence) => {
  expect(withoutWebGpu({ userAgent, secure })).toMatch(sentence);
});

test("says what gives a browser its adapter", () => {
  expect(withoutAdapter({ userAgent: agents.firefoxOnLinux, secure: true })).toMatch(/gfx\.webgpu\.ignore-blocklist/);
  expect(withoutAdapter({ userAgent: agents.chrome, secure: true })).toMatch(/hardware acceleration/);
});
