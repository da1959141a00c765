/** Where onnxruntime computes. */
export type OrtBackend = "webgpu" | "wasm";

/** Builds of onnxruntime-web: without WebGPU; with it, waiting by the engine's own means (JSPI); with it, waiting by rewritten code. */
export type OrtBuild = "plain" | "jspi" | "asyncify";

/** The smallest and fastest build for a back-end in this browser. */
export function ortBuild(backend: OrtBackend): OrtBuild {
  if (backend === "wasm") return "plain";
  return "Suspending" in WebAssembly && "promising" in WebAssembly ? "jspi" : "asyncify";
}
