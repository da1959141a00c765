import { assert } from "../errors.ts";
import type { Gpu } from "./device.ts";

/** A shader's text and the values of its `override`s. */
export type KernelSource = {
  /** File stem, for labels and messages, and what a pipeline is found again by: one name always has one code. */
  readonly name: string;
  /** WGSL; files of `shaders/lib` that it needs are joined in front. */
  readonly code: string;
  readonly constants?: Readonly<Record<string, number>>;
};

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();
const modules = new WeakMap<GPUDevice, Map<string, GPUShaderModule>>();

/** Compiles a kernel (entry point `main`), or returns the pipeline compiled before for the same device, name and constants. */
export function compileKernel(gpu: Gpu, source: KernelSource): GPUComputePipeline {
  const constants = source.constants ?? {};
  const key = `${source.name} ${JSON.stringify(Object.entries(constants).sort())}`;
  const cache = cacheOf(pipelines, gpu.device);
  let pipeline = cache.get(key);
  if (!pipeline) {
    for (const [name, value] of Object.entries(constants))
      assert(Number.isFinite(value), `${source.name}: ${name} is ${value}`);
    const module = compileModule(gpu, source);
    pipeline = gpu.device.createComputePipeline({
      label: source.name,
      layout: "auto",
      compute: { module, entryPoint: "main", constants: { ...constants } },
    });
    cache.set(key, pipeline);
  }
  return pipeline;
}

function compileModule(gpu: Gpu, source: KernelSource): GPUShaderModule {
  const cache = cacheOf(modules, gpu.device);
  let module = cache.get(source.name);
  if (!module) {
    module = gpu.device.createShaderModule({ label: source.name, code: source.code });
    cache.set(source.name, module);
  }
  return module;
}

function cacheOf<V>(caches: WeakMap<GPUDevice, Map<string, V>>, device: GPUDevice): Map<string, V> {
  let cache = caches.get(device);
  if (!cache) {
    cache = new Map();
    caches.set(device, cache);
  }
  return cache;
}
