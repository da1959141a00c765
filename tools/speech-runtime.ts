import type { Plugin } from "vite";

/** Gives transformers.js, which computes on the CPU here, the build of onnxruntime-web without WebGPU that `runtime.ts` has set up. */
export function speechRuntime(): Plugin {
  return {
    name: "speech-runtime",
    enforce: "pre",
    resolveId(source, importer) {
      if (source !== "onnxruntime-web/webgpu" || !importer?.includes("/@huggingface/transformers/")) return null;
      return this.resolve("onnxruntime-web/wasm", importer, { skipSelf: true });
    },
  };
}
