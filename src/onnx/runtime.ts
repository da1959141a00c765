import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import * as ort from "onnxruntime-web/webgpu";

// One thread needs no cross-origin isolation, and our copy of the binary is the only thing that is fetched.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(wasmUrl, import.meta.url) };

/** onnxruntime-web, set up for this app. All that runs ONNX models takes it from here, libraries too. */
export { ort };
