import { defineConfig } from "@playwright/test";
import { bareKernelFlags, chromiumFlags, findChromium } from "./tools/chromium.ts";
import { findFirefox } from "./tools/firefox.ts";

// Drawn once and inherited by the workers, so that two runs on one machine do not meet.
process.env.E2E_PORT ??= String(20_000 + Math.floor(Math.random() * 20_000));
const port = Number(process.env.E2E_PORT);

const browser = (...flags: readonly string[]) => ({
  launchOptions: {
    executablePath: findChromium(),
    args: [...chromiumFlags, ...flags, "--use-fake-device-for-media-stream"],
  },
});

const withoutFirefox = findFirefox() ? [] : ["firefox.test.ts"];

/** Tests in a browser as visitors have it. */
const asVisited = ["watch-and-ask.test.ts", "hosting.test.ts"];

/** End-to-end tests of the built page in a real browser. */
export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  workers: 2,
  timeout: 180_000,
  expect: { timeout: 60_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    viewport: { width: 1280, height: 900 },
    // What moves for its own sake is drawn sixty times a second, by the cores that also have to be the GPU.
    contextOptions: { reducedMotion: "reduce" },
    // Each page would keep all files of the build for the next visit, which there is none of.
    serviceWorkers: "block",
  },
  projects: [
    { name: "as visited", testMatch: asVisited, use: browser() },
    {
      name: "bare kernels",
      testMatch: "*.test.ts",
      testIgnore: [...asVisited, ...withoutFirefox],
      use: browser(...bareKernelFlags),
    },
  ],
  webServer: {
    command: `npm run build -- --logLevel warn && npx vite preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
    timeout: 300_000,
    stderr: "pipe",
  },
});
