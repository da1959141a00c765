import { delimiter, dirname } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumFlags, findChromium, findVulkanDriver } from "./tools/chromium.ts";

// Beside its Vulkan driver Chromium has the loader that Dawn in Node looks for, which a machine without a screen may lack.
const driver = findVulkanDriver();
if (driver)
  process.env.LD_LIBRARY_PATH = [process.env.LD_LIBRARY_PATH, dirname(driver)].filter(Boolean).join(delimiter);

const react = ["react", "react/jsx-dev-runtime", "react-dom/client"];
const hashes = ["@noble/hashes/legacy.js", "@noble/hashes/sha2.js", "@noble/hashes/utils.js"];

export default defineConfig({
  optimizeDeps: {
    include: ["mp4box", "mediabunny", "onnx-proto", "@huggingface/tokenizers", ...hashes, ...react],
    exclude: ["onnxruntime-web"],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          // The projects take turns: together they would only wait for each other.
          sequence: { groupOrder: 0 },
          environment: "node",
          include: ["tests/unit/**/*.test.ts", "tests/kernels/**/*.test.ts"],
          setupFiles: ["tests/dawn.ts"],
          testTimeout: 120_000,
          // One process at a time: Dawn's software adapter takes every core it finds.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "tools",
          sequence: { groupOrder: 2 },
          environment: "node",
          include: ["tests/tools/**/*.test.ts"],
          // Each starts a server and a browser, which mostly wait: two files at a time.
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          sequence: { groupOrder: 1 },
          include: ["tests/browser/**/*.test.ts"],
          globalSetup: ["tests/browser/hub-setup.ts"],
          testTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: findChromium(), args: [...chromiumFlags] } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
