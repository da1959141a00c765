import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { firstVisitLimit, scriptBytes } from "../../tools/first-visit.ts";
import { questionOf, reference } from "../sample-answers.ts";
import { ask, bytesOf, expect, test, watchedToTheEnd } from "./app.ts";

test.use({ serviceWorkers: "allow" });

const base = "/some/where/deep/";
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** The plainest of static hosts, of the built page in a folder of its own; `asked` gets what the page itself asks for. */
async function startHost(asked: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
    const name = path === base ? "index.html" : path.slice(base.length);
    // The service worker fetches all that it keeps, beside the page.
    if (!request.headers.referer?.includes("service-worker")) asked.push(name);
    try {
      const body = path.startsWith(base) ? bytesOf(`dist/${name}`) : null;
      if (!body) throw new Error("elsewhere");
      const type = types[extname(name)] ?? (name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream");
      response.writeHead(200, { "content-type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

test("the first start loads little code, the second needs no network, in a folder of any static host", async ({
  page,
}) => {
  const asked: string[] = [];
  const server = await startHost(asked);
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}${base}`;
  await page.goto(address);
  await expect(page.getByText("Model ready")).toBeVisible();
  expect(asked.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
  expect(scriptBytes("dist", asked)).toBeLessThan(firstVisitLimit);
  const manifest = await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]');
    const { icons, start_url } = await (await fetch(link?.href ?? "")).json();
    const answers = await Promise.all(
      icons.map(async ({ src }: { src: string }) => (await fetch(new URL(src, link?.href))).status),
    );
    return { start: new URL(start_url, link?.href).href, answers };
  });
  expect(manifest.start).toBe(address);
  expect(new Set(manifest.answers)).toEqual(new Set([200]));
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });

  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await page.goto(`${address}?encoder=auto`);
  await expect(page.getByText("Model ready")).toBeVisible();
  await page.getByRole("button", { name: "Sample: One object" }).click();
  await watchedToTheEnd(page);
  const question = questionOf("one-object.mp4", "motion");
  expect(await ask(page, question)).toBe(reference("one-object.mp4", question));
  // The player gets the parts that it asks for.
  const timeline = page.getByRole("slider", { name: "Timeline" });
  await timeline.press("End");
  const player = page.locator("video.player");
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.currentTime)).toBeCloseTo(4, 1);
  const part = await page.evaluate(async () => {
    const response = await fetch("samples/one-object.mp4", { headers: { range: "bytes=4-7" } });
    return [response.status, response.headers.get("content-range"), await response.text()];
  });
  expect(part).toEqual([206, `bytes 4-7/${bytesOf("public/samples/one-object.mp4").length}`, "ftyp"]);
});
