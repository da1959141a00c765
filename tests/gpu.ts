import { create } from "webgpu";
import { type Gpu, openGpu } from "../src/gpu/device.ts";

let shared: Promise<Gpu> | undefined;

/** The one device that a test file uses, on Dawn. Fails, never skips, where there is no adapter. */
export function testGpu(): Promise<Gpu> {
  shared ??= openGpu({ gpu: create([]) });
  return shared;
}
