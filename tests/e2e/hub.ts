import { type HubServer, startHubServer } from "../hub-server.ts";
import { test as base } from "./app.ts";

/** Where the page believes that its hub is. */
const huggingFace = "https://huggingface.co";

/** Tests of a page whose Hugging Face is a server of theirs, which offers what `fill` gives it. */
export function testWithHub(fill: (hub: HubServer) => void) {
  return base.extend<{ hub: HubServer }>({
    allowed: [huggingFace],
    hub: async ({ page }, use) => {
      const hub = await startHubServer();
      fill(hub);
      await page.route(`${huggingFace}/**`, async (route) => {
        const { pathname, search } = new URL(route.request().url());
        const response = await fetch(`${hub.url}${pathname}${search}`, { headers: await route.request().allHeaders() });
        const body = Buffer.from(await response.arrayBuffer());
        await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body });
      });
      await use(hub);
      await hub.close();
    },
  });
}
