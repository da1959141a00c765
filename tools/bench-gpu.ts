import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { build } from "vite";
import { bareShaders } from "./bare-shaders.ts";
import { findVulkanDriver } from "./chromium.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const root = resolve(import.meta.dirname, "..");

/**
 * `npm run bench:gpu [-- OPTIONS]`: measures the kernels on Dawn in Node. `--bundle FILE` writes what does it to one file instead, which
 * runs with nothing but Node and the `webgpu` package: `node FILE [OPTIONS]`.
 */
async function benchGpu(args: readonly string[], output: Output): Promise<void> {
  const [flag, file] = args;
  if (flag === "--bundle" && file !== undefined) {
    await bundle(resolve(file));
    output.print(file);
    return;
  }
  // Beside node_modules, where `webgpu` is found.
  const folder = mkdtempSync(join(root, "node_modules/.bench-gpu-"));
  try {
    const path = join(folder, "bench-gpu.mjs");
    await bundle(path);
    const { status } = spawnSync(process.execPath, [path, ...args], { stdio: "inherit", env: dawnEnvironment() });
    if (status !== 0) throw new ToolError("The bench failed; what it said is above.");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What Dawn needs to find its adapter: where there is no graphics card, the driver and the loader that Chromium brings. */
function dawnEnvironment(): NodeJS.ProcessEnv {
  const driver = findVulkanDriver();
  const folder = process.env.XDG_RUNTIME_DIR ?? mkdtempSync(join(tmpdir(), "aurora-"));
  if (!driver) return { ...process.env, XDG_RUNTIME_DIR: folder };
  const libraries = [process.env.LD_LIBRARY_PATH, dirname(driver)].filter(Boolean).join(delimiter);
  return { ...process.env, XDG_RUNTIME_DIR: folder, VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: libraries };
}

async function bundle(path: string): Promise<void> {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [bareShaders()],
    build: {
      outDir: dirname(path),
      emptyOutDir: false,
      target: "es2023",
      ssr: join(root, "tools/gpu-bench/main.ts"),
      rolldownOptions: {
        external: ["webgpu"],
        output: { entryFileNames: basename(path), codeSplitting: false, footer: "main(process.argv.slice(2));" },
      },
    },
  });
}

void runTool(import.meta, benchGpu);
