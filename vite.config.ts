import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { bareShaders } from "./tools/bare-shaders.ts";
import { speechRuntime } from "./tools/speech-runtime.ts";

/** What the page promises: nothing is loaded from, or sent to, anywhere but where it came from and the model hub. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self' blob: data: https://huggingface.co https://*.huggingface.co https://*.hf.co",
  "img-src 'self' blob: data:",
  "media-src 'self' blob: data:",
  "object-src 'none'",
].join("; ");

/** Tells the service worker which files the build has. It is one file of its own, at a name that stays. */
function listForOffline(): Plugin {
  return {
    name: "list-for-offline",
    apply: "build",
    writeBundle({ dir = "dist" }) {
      const paths = readdirSync(dir, { recursive: true, encoding: "utf8" })
        .map((path) => path.replaceAll("\\", "/"))
        .filter((path) => statSync(join(dir, path)).isFile() && path !== serviceWorker && !path.endsWith(".md"))
        .sort();
      const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex").slice(0, 16);
      const files = Object.fromEntries(paths.map((path) => [path, sha256(readFileSync(join(dir, path)))]));
      const listed = JSON.stringify(files);
      const code = readFileSync(join(dir, serviceWorker), "utf8");
      const values = `const builtFiles = ${listed};\nconst builtVersion = "${sha256(listed)}";\n`;
      writeFileSync(join(dir, serviceWorker), values + code);
    },
  };
}

const serviceWorker = "service-worker.js";

export default defineConfig({
  base: "./",
  plugins: [
    react(),
    bareShaders(),
    speechRuntime(),
    listForOffline(),
    {
      name: "content-security-policy",
      apply: "build",
      transformIndexHtml: () => [
        {
          tag: "meta",
          attrs: { "http-equiv": "Content-Security-Policy", content: contentSecurityPolicy },
          injectTo: "head-prepend",
        },
      ],
    },
  ],
  build: {
    target: "es2023",
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: { index: "index.html", "service-worker": "src/service-worker.ts" },
      output: {
        entryFileNames: ({ name }) => (name === "service-worker" ? serviceWorker : "assets/[name]-[hash].js"),
      },
    },
  },
  worker: {
    format: "es",
    plugins: () => [bareShaders(), speechRuntime()],
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  optimizeDeps: {
    include: [
      "react",
      "react-dom/client",
      "mediabunny",
      "minisearch",
      "onnx-proto",
      "@huggingface/tokenizers",
      "@noble/hashes/legacy.js",
      "@noble/hashes/sha2.js",
      "@noble/hashes/utils.js",
      "@huggingface/transformers > onnxruntime-common",
    ],
    exclude: ["onnxruntime-web", "@huggingface/transformers"],
  },
});
