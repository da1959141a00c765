import { afterEach, expect, it, vi } from "vitest";
import { ortBuild } from "../../../src/onnx/ort-build.ts";

afterEach(() => vi.unstubAllGlobals());

it.each([
  ["webgpu", { Suspending: {}, promising: {} }, "jspi"],
  ["webgpu", {}, "asyncify"],
  ["webgpu", { Suspending: {} }, "asyncify"],
  ["wasm", { Suspending: {}, promising: {} }, "plain"],
  ["wasm", {}, "plain"],
] as const)("on %s with %j takes the build %s", (backend, webAssembly, build) => {
  vi.stubGlobal("WebAssembly", webAssembly);
  expect(ortBuild(backend)).toBe(build);
});
