import asyncifyUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import jspiUrl from "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url";
import plainUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type * as Ort from "onnxruntime-web/wasm";
import { loadPart } from "../load-part.ts";
import { type OrtBackend, ortBuild } from "./ort-build.ts";

/** onnxruntime-web, set up for this app. All that runs ONNX models takes it from here, libraries too. */
export type Runtime = typeof Ort;

const builds = {
  plain: { module: () => import("onnxruntime-web/wasm"), wasm: plainUrl },
  jspi: { module: () => import("onnxruntime-web/jspi"), wasm: jspiUrl },
  asyncify: { module: () => import("onnxruntime-web/webgpu"), wasm: asyncifyUrl },
} as const;

const loading = new Map<string, Promise<Runtime>>();

/**
 * Loads the build that computes on this back-end; its binary comes with the first session.
 *
 * @throws AuroraError `DownloadFailed`
 */
export function loadRuntime(backend: OrtBackend): Promise<Runtime> {
  const build = ortBuild(backend);
  const runtime = loading.get(build) ?? load(builds[build]);
  loading.set(build, runtime);
  runtime.catch(() => loading.delete(build));
  return runtime;
}

async function load({ module, wasm }: (typeof builds)[keyof typeof builds]): Promise<Runtime> {
  const ort = await loadPart<Runtime>(module);
  // One thread needs no cross-origin isolation, and our copy of the binary is the only thing that is fetched.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { wasm: new URL(wasm, import.meta.url) };
  return ort;
}
