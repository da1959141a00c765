import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

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

export default defineConfig({
  base: "./",
  plugins: [
    react(),
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
  build: { target: "es2023", chunkSizeWarningLimit: 2000, rolldownOptions: { checks: { pluginTimings: false } } },
  worker: { format: "es", rolldownOptions: { checks: { pluginTimings: false } } },
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
