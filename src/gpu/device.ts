import { thisBrowser, withoutAdapter, withoutWebGpu } from "../browsers.ts";
import { AuroraError, assert } from "../errors.ts";

/** What the adapter says of itself. `software` is true where the CPU computes (SwiftShader, llvmpipe, WARP). */
export type AdapterDescription = {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly software: boolean;
};

/** The GPU as the rest of the code sees it: one device, and a ledger of every buffer that lives on it. */
export type Gpu = {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  /** Largest number of bytes that one storage binding may show to a shader. */
  readonly maxBindingBytes: number;
  /** Threads of a subgroup where shaders may use them and all subgroups are alike; else null. */
  readonly subgroupSize: number | null;
  /** Whether shaders may compute in f16. */
  readonly halfArithmetic: boolean;
  /** Whether shaders may multiply whole numbers of 8 bits by fours. */
  readonly packedDot: boolean;
  /** Live buffers, counting those of libraries that share the device. */
  readonly ledger: { readonly buffers: number; readonly bytes: number };
  /** Settles with the reason when the device is lost for another reason than our `destroy()`, or has an uncaptured error. */
  readonly failed: Promise<AuroraError>;
  destroy(): void;
};

/** Smallest limits that the kernels are written for; they are WebGPU's guaranteed defaults. */
const needed = { maxComputeInvocationsPerWorkgroup: 256, maxStorageBuffersPerShaderStage: 8 } as const;

/** Bind group slots and buffer sizes to raise to what the adapter has; every other limit keeps its default. */
const raised = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
] as const;

const wanted: readonly GPUFeatureName[] = ["timestamp-query", "shader-f16", "subgroups"];

/**
 * Opens the GPU with the adapter's own limits and features.
 *
 * @param options.gpu the WebGPU entry point; `navigator.gpu` unless given (Node has no global one)
 * @throws AuroraError `WebGpuUnavailable` or `AdapterTooSmall`
 */
export async function openGpu(options: { gpu?: GPU | undefined } = {}): Promise<Gpu> {
  const entry = options.gpu ?? (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!entry) {
    throw new AuroraError("WebGpuUnavailable", withoutWebGpu(thisBrowser()));
  }
  const adapter = await entry.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new AuroraError("WebGpuUnavailable", withoutAdapter(thisBrowser()));
  }
  for (const [name, least] of Object.entries(needed)) {
    const has = adapter.limits[name as keyof typeof needed];
    if (has < least) {
      throw new AuroraError(
        "AdapterTooSmall",
        `This graphics adapter is too small: ${name} is ${has}, ${least} is needed.`,
      );
    }
  }
  const device = await requestDevice(adapter);
  // onnxruntime asks the device, but before Chrome 132 and in Safari 26.0 only the adapter tells.
  if (!device.adapterInfo) Object.defineProperty(device, "adapterInfo", { value: adapter.info });
  return wrapDevice(device, describeAdapter(adapter), entry.wgslLanguageFeatures);
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({
      label: "aurora",
      requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(raised.map((name) => [name, adapter.limits[name]])),
    });
  } catch (cause) {
    throw new AuroraError(
      "WebGpuUnavailable",
      "The graphics adapter refused to open. Reload the page or restart the browser.",
      cause,
    );
  }
}

/** What an adapter says of itself. */
export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const info: Partial<GPUAdapterInfo> = adapter.info ?? {}; // Safari has had adapters without `info`
  const { vendor = "", architecture = "", description = "" } = info;
  const software =
    info.isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|warp|basic render|software/i.test(`${vendor} ${architecture} ${description}`);
  return { vendor, architecture, description, software };
}

function wrapDevice(
  device: GPUDevice,
  adapter: AdapterDescription,
  language: { has(feature: string): boolean } | undefined,
): Gpu {
  const ledger = keepLedger(device);
  let destroyed = false;
  const failed = new Promise<AuroraError>((resolve) => {
    void device.lost.then((info) => {
      if (destroyed) return;
      resolve(new AuroraError("DeviceLost", "The graphics device was lost. Reload the model to go on.", info.message));
    });
    device.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      const code = error.constructor.name === "GPUOutOfMemoryError" ? "OutOfMemory" : "Unexpected";
      const message =
        code === "OutOfMemory"
          ? "The graphics memory is full. Close other tabs or use a smaller model."
          : "The graphics device reported an error. Reload the model to go on.";
      resolve(new AuroraError(code, message, error.message));
    });
  });
  const maxBindingBytes = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  return {
    device,
    adapter,
    maxBindingBytes,
    subgroupSize: readSubgroupSize(device),
    halfArithmetic: device.features.has("shader-f16"),
    packedDot: language?.has("packed_4x8_integer_dot_product") ?? false,
    ledger,
    failed,
    destroy() {
      destroyed = true;
      device.destroy();
    },
  };
}

function readSubgroupSize({ features, adapterInfo }: GPUDevice): number | null {
  if (!features.has("subgroups")) return null;
  const { subgroupMinSize: least, subgroupMaxSize: most }: Partial<GPUAdapterInfo> = adapterInfo ?? {};
  return least !== undefined && least === most ? least : null;
}

/** Counts buffers on the device itself, so that onnxruntime's, which shares it, are counted as well. */
function keepLedger(device: GPUDevice): { buffers: number; bytes: number } {
  const ledger = { buffers: 0, bytes: 0 };
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor: GPUBufferDescriptor) => {
    const buffer = create(descriptor);
    let live = true;
    ledger.buffers += 1;
    ledger.bytes += buffer.size;
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      if (live) {
        live = false;
        ledger.buffers -= 1;
        ledger.bytes -= buffer.size;
      }
      return destroy();
    };
    return buffer;
  };
  assert(device.createBuffer !== create, "the device's createBuffer could not be replaced");
  return ledger;
}
