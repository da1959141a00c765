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
  const cache = cacheOf(pipelines, gpu.device);
  const key = keyOf(source);
  const pipeline = cache.get(key) ?? gpu.device.createComputePipeline(describe(gpu, source));
  cache.set(key, pipeline);
  return pipeline;
}

/** Has a kernel compiled while other work goes on, so that `compileKernel` finds it. @throws what the driver says of it */
export async function compileAhead(gpu: Gpu, source: KernelSource): Promise<void> {
  const cache = cacheOf(pipelines, gpu.device);
  const key = keyOf(source);
  if (!cache.has(key)) cache.set(key, await gpu.device.createComputePipelineAsync(describe(gpu, source)));
}

function keyOf({ name, constants = {} }: KernelSource): string {
  return `${name} ${JSON.stringify(Object.entries(constants).sort())}`;
}

function describe(gpu: Gpu, source: KernelSource): GPUComputePipelineDescriptor {
  const { name, constants = {} } = source;
  for (const [constant, value] of Object.entries(constants))
    assert(Number.isFinite(value), `${name}: ${constant} is ${value}`);
  const compute = { module: compileModule(gpu, source), entryPoint: "main", constants: { ...constants } };
  return { label: name, layout: "auto", compute };
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
