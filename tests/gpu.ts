import { create } from "webgpu";
import { type Gpu, openGpu } from "../src/gpu/device.ts";

/**
 * Held for ever: Dawn crashes when its entry point is collected while devices live. Workgroup memory is not zeroed: no kernel may
 * count on it here, and the software adapter compiles the zeroing for seconds. In browsers it is.
 */
const dawn = create(["enable-dawn-features=disable_workgroup_init"]);

let shared: Promise<Gpu> | undefined;
let failure: Error | undefined;

/** The one device that the test files of a process use, on Dawn. Fails, never skips, where there is no adapter. */
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

/** @throws what went wrong on the device that nobody waited for: a validation error is a mistake of ours */
export function throwFailure(): void {
  if (failure) throw failure;
}
