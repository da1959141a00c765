import { afterAll } from "vitest";
import { create } from "webgpu";
import { type Gpu, openGpu } from "../src/gpu/device.ts";

/**
 * Held for ever: Dawn crashes when its entry point is collected while devices live. Workgroup memory is not zeroed: no kernel may
 * count on it here, and the software adapter compiles the zeroing for seconds. In browsers it is.
 */
const dawn = create(["enable-dawn-features=disable_workgroup_init"]);

let shared: Promise<Gpu> | undefined;
let failure: Error | undefined;

/** The one device that a test file uses, on Dawn. Fails, never skips, where there is no adapter. */
export function testGpu(): Promise<Gpu> {
  shared ??= openStrict();
  return shared;
}

/** The device as if its threads could not hand each other values. */
export const withoutSubgroups = (gpu: Gpu): Gpu => ({ ...gpu, subgroupSize: null });

async function openStrict(): Promise<Gpu> {
  const gpu = await openGpu({ gpu: dawn });
  void gpu.failed.then((error) => {
    failure = error;
  });
  return gpu;
}

// A validation error is a mistake of ours: the file that made it fails at its end.
afterAll(() => {
  if (failure) throw failure;
});
