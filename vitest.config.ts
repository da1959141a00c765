import { tmpdir } from "node:os";
import { delimiter, dirname } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { firefox } from "./tests/firefox/provider.ts";
import { bareKernelFlags, chromiumFlags, findChromium, findVulkanDriver } from "./tools/chromium.ts";
import { findFirefox } from "./tools/firefox.ts";
import { speechRuntime } from "./tools/speech-runtime.ts";

// Beside its Vulkan driver Chromium has the loader that Dawn in Node looks for, which a machine without a screen may lack.
const driver = findVulkanDriver();
if (driver)
  process.env.LD_LIBRARY_PATH = [process.env.LD_LIBRARY_PATH, dirname(driver)].filter(Boolean).join(delimiter);

const react = ["react", "react/jsx-dev-runtime", "react-dom/client"];

/** What Dawn in Node needs to find its adapter. */
function dawnEnvironment(): Record<string, string> {
  return { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir(), ...(driver ? { VK_DRIVER_FILES: driver } : {}) };
}

/** Tests that run in a stock Firefox too, where there is one, besides those that are about it. */
const inFirefox = [
  "tests/firefox/**/*.test.ts",
  "tests/browser/store/opfs-store.test.ts",
  "tests/browser/video/*.test.ts",
];

const firefoxPath = findFirefox();

const speech = "@huggingface/transformers > onnxruntime-common";
const hashes = ["@noble/hashes/legacy.js", "@noble/hashes/sha2.js", "@noble/hashes/utils.js"];

function firefoxProject(path: string): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: "firefox",
      sequence: { groupOrder: 3 },
      include: inFirefox,
      // Frames are RGB already there, and say so; what other browsers lack is taken away in Chromium; fields were not tried there.
      exclude: ["colours", "without", "fields"].map((name) => `tests/browser/video/${name}.test.ts`),
      testTimeout: 120_000,
      fileParallelism: false,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: firefox(path),
        instances: [{ browser: "firefox" }],
      },
    },
  };
}

/** Starts with the largest files, as Vitest does, but for a short one that takes minutes: last, it would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => moduleId.endsWith("eval-world.test.ts");
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  plugins: [speechRuntime()],
  optimizeDeps: {
    include: ["mediabunny", "minisearch", "onnx-proto", "@huggingface/tokenizers", ...hashes, speech, ...react],
    exclude: ["onnxruntime-web", "@huggingface/transformers"],
  },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // With the kernels' files, two at a time; the other projects take turns: together they would only wait for each other.
          sequence: { groupOrder: 0 },
          maxWorkers: 2,
          environment: "node",
          include: ["tests/unit/**/*.test.ts"],
          testTimeout: 120_000,
          // Files share a process: none of them changes what another one finds. Not threads: in them errors are slow to make.
          pool: "forks",
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "kernels",
          sequence: { groupOrder: 0 },
          maxWorkers: 2,
          environment: "node",
          include: ["tests/kernels/**/*.test.ts"],
          // Files share a process, its device, and what was compiled for it; they leave no buffer and no choice behind.
          pool: "forks",
          isolate: false,
          setupFiles: ["tests/kernels/setup.ts"],
          // The Vulkan loader reads it when Dawn first asks for an adapter.
          env: dawnEnvironment(),
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "tools",
          sequence: { groupOrder: 2 },
          environment: "node",
          include: ["tests/tools/**/*.test.ts"],
          // Two files at a time, each in a process that keeps its server, browser and opened model for the next ones.
          pool: "forks",
          isolate: false,
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
          // Two pages of one browser, each with its own storage: one alone leaves a core idle half of the time.
          maxWorkers: 2,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: findChromium(), args: [...chromiumFlags, ...bareKernelFlags] },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
      ...(firefoxPath === null ? [] : [firefoxProject(firefoxPath)]),
    ],
  },
});
