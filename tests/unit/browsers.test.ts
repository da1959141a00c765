import { readFileSync } from "node:fs";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { browsersThatWork, leastBrowsers } from "../../src/browsers.ts";
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
