import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "vite";
import { bareShaders } from "./bare-shaders.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";
import { speechRuntime } from "./speech-runtime.ts";

const root = resolve(import.meta.dirname, "..");

/** What is loaded by its name: the package itself, and its workers. */
const entries = {
  index: "src/index.ts",
  worker: "src/session/worker.ts",
  "speech-worker": "src/speech/worker.ts",
  "search-worker": "src/search/worker.ts",
} as const;

/** `npm run build:lib [-- DIR]`: writes the package to `dist-lib/` or another folder, and prints its sizes. */
export async function buildLib([folder = join(root, "dist-lib")]: readonly string[], output: Output): Promise<void> {
  const out = resolve(folder);
  rmSync(out, { recursive: true, force: true });
  await bundle(out);
  writeTypes(out);
  writePackage(out);
  output.print(describeSizes(out));
}

async function bundle(out: string): Promise<void> {
  await build({
    root,
    configFile: false,
    base: "./",
    publicDir: false,
    logLevel: "warn",
    plugins: [keepWorkers, bareShaders(), speechRuntime()],
    build: {
      outDir: out,
      emptyOutDir: false,
      target: "es2023",
      assetsInlineLimit: 0,
      modulePreload: false,
      chunkSizeWarningLimit: 2000,
      rolldownOptions: {
        checks: { pluginTimings: false },
        input: Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, join(root, entry)])),
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", assetFileNames: "[name][extname]" },
      },
    },
  });
}

/** Leaves workers to whoever bundles the package: their addresses become those of the files beside this one. */
const keepWorkers: Plugin = {
  name: "keep-workers",
  enforce: "pre",
  transform(code, id) {
    if (!id.startsWith(join(root, "src/session/page/"))) return null;
    return code
      .replace('new URL("../worker.ts", import.meta.url)', 'new URL(/* @vite-ignore */ "./worker.js", import.meta.url)')
      .replace(
        'new URL("../../speech/worker.ts", import.meta.url)',
        'new URL(/* @vite-ignore */ "./speech-worker.js", import.meta.url)',
      )
      .replace(
        'new URL("../../search/worker.ts", import.meta.url)',
        'new URL(/* @vite-ignore */ "./search-worker.js", import.meta.url)',
      );
  },
};

/** Types of all that `src/index.ts` leads to, each beside the others as in the source. @throws ToolError with what tsc says */
function writeTypes(out: string): void {
  const all = join(out, "all-types");
  const known = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).compilerOptions as Record<
    string,
    unknown
  >;
  // Only what the package's entry leads to: tsc would write types beside all other files.
  const options = Object.entries({ ...known, noEmit: false, declaration: true, emitDeclarationOnly: true });
  const flags = options.flatMap(([name, value]) => [`--${name}`, String(value)]);
  const given = ["--ignoreConfig", "--rootDir", join(root, "src"), "--outDir", all, join(root, "src/index.ts")];
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), [...flags, ...given], { cwd: root, encoding: "utf8" });
  if (!existsSync(join(all, "index.d.ts"))) throw new ToolError(`tsc wrote no types: ${tsc.stdout}`);
  const wanted = ["index.d.ts"];
  for (const path of wanted) {
    const text = readFileSync(join(all, path), "utf8");
    for (const [, to = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)\.ts"/g)) {
      const next = join(dirname(path), `${to}.d.ts`);
      if (!wanted.includes(next)) wanted.push(next);
    }
    const target = join(out, "types", path);
    mkdirSync(dirname(target), { recursive: true });
    // Whoever reads them need not allow endings of TypeScript in imports.
    writeFileSync(target, text.replace(/((?:from |import\()"\.[^"]+)\.ts"/g, '$1.js"'));
  }
  rmSync(all, { recursive: true });
}

/** Everything that is not code: what the app brings along but for the recogniser of speech, which is 41 MB. */
function writePackage(out: string): void {
  for (const path of ["models/nano", "models/silero-vad", "tokenizers", "probe", "sound-tap.js"])
    cpSync(join(root, "public", path), join(out, "assets", path), { recursive: true });
  for (const path of ["LICENSE", "CHANGELOG.md"]) cpSync(join(root, path), join(out, path));
  cpSync(join(root, "docs/package.md"), join(out, "README.md"));
  const { name, version, description, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const exports = {
    ".": { types: "./types/index.d.ts", default: "./index.js" },
    "./assets/*": "./assets/*",
    "./package.json": "./package.json",
  };
  const described = { name, version, description, license, type: "module", sideEffects: false };
  const manifest = { ...described, main: "./index.js", types: "./types/index.d.ts", exports };
  writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Bytes of code, as they lie there and as they travel. */
function describeSizes(out: string): string {
  const code = readdirSync(out).filter((name) => name.endsWith(".js"));
  const files = code.map((name) => readFileSync(join(out, name)));
  const sum = (sizes: readonly number[]) => `${(sizes.reduce((total, size) => total + size, 0) / 1000).toFixed(0)} kB`;
  return `${code.length} files of code: ${sum(files.map(({ length }) => length))}, ${sum(files.map((file) => gzipSync(file).length))} compressed`;
}

void runTool(import.meta, buildLib);
