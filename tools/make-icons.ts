import { readFileSync } from "node:fs";
import { chromium } from "playwright";
import { chromiumFlags, findChromium } from "./chromium.ts";

/** Draws the icons of the installed page from the favicon: `npx tsx tools/make-icons.ts`. */
const svg = readFileSync("public/favicon.svg", "utf8");
const browser = await chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags] });
const page = await browser.newPage();

/** @param padding share of the side that is left free around, where systems cut icons to their own shapes */
async function draw(name: string, side: number, padding: number): Promise<void> {
  await page.setViewportSize({ width: side, height: side });
  const inner = side * (1 - 2 * padding);
  const ground = padding > 0 ? "#0b1014" : "transparent";
  await page.setContent(
    `<body style="margin:0;background:${ground};display:grid;place-content:center;height:100vh">
      <div style="width:${inner}px;height:${inner}px">${svg.replace("<svg ", '<svg width="100%" height="100%" ')}</div>`,
  );
  await page.screenshot({ path: `public/${name}.png`, omitBackground: true });
}

await draw("icon-192", 192, 0);
await draw("icon-512", 512, 0);
await draw("icon-maskable-512", 512, 0.1);
await browser.close();
