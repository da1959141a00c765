import type * as Ort from "onnxruntime-web/wasm";
import { type AuroraError, toAuroraError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { bufferUsage } from "../gpu/flags.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { mapForReading } from "../gpu/wait.ts";
import type { OrtBackend } from "./ort-build.ts";
import { loadRuntime, type Runtime } from "./runtime.ts";

/** A tensor, or the first rows of one, as a model's input or output; dense f32, or on `wasm` an output of any type of 4 bytes. */
export type Bound = { readonly tensor: Tensor; readonly shape: readonly number[] };
type Bindings = Readonly<Record<string, Bound>>;

/** A model that onnxruntime has loaded. Inputs and outputs lie on the GPU, wherever it computes. */
export type OrtSession = {
  /** Fills `outputs` from `inputs`, which may share no buffer; work submitted to the GPU afterwards sees the outputs. */
  run(inputs: Bindings, outputs: Bindings): Promise<void>;
  release(): Promise<void>;
};

/** What a model is called: `label` before the labels of its GPU buffers, `what` in sentences, e.g. "vision encoder". */
export type OrtNames = { readonly label: string; readonly what: string };

/**
 * Loads an ONNX model; `wasm` computes on the CPU and copies to and from the GPU.
 *
 * @throws AuroraError `OutOfMemory`, `ModelUnsupported`; its runs `OutOfMemory`, `DeviceLost`
 */
export async function createOrtSession(
  gpu: Gpu,
  backend: OrtBackend,
  model: Uint8Array,
  names: OrtNames,
): Promise<OrtSession> {
  if (backend === "wasm") return createOrtChain(gpu, [model], names);
  const ort = await loadRuntime(backend);
  const session = await load(gpu, ort, { name: "webgpu", device: gpu.device }, model, names);
  return wrap(gpu, [session], names, (inputs, outputs) => runOnGpu(ort, session, inputs, outputs));
}

/**
 * Loads ONNX models that run one after the other on the CPU. What one puts out under a name, those behind it take in by that name,
 * without a copy to the GPU and back; the chain's outputs are what any of them puts out.
 *
 * @param models made one at a time, since copies of one exist while it is loaded
 * @throws AuroraError as `createOrtSession`, and what `models` throws
 */
export async function createOrtChain(
  gpu: Gpu,
  models: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  names: OrtNames,
): Promise<OrtSession> {
  const ort = await loadRuntime("wasm");
  const sessions: Ort.InferenceSession[] = [];
  const chain = wrap(gpu, sessions, names, (inputs, outputs) =>
    runOnCpu(ort, sessions, inputs, outputs, { gpu, ...names }),
  );
  try {
    for await (const model of models) sessions.push(await load(gpu, ort, "wasm", model, names));
    return chain;
  } catch (error) {
    await chain.release();
    throw error;
  }
}

function load(
  gpu: Gpu,
  ort: Runtime,
  provider: Ort.InferenceSession.ExecutionProviderConfig,
  model: Uint8Array,
  { what }: OrtNames,
): Promise<Ort.InferenceSession> {
  const create = () =>
    ort.InferenceSession.create(model, {
      executionProviders: [provider],
      logSeverityLevel: 3, // the warning that shapes are computed on the CPU is of no use to anybody
    });
  return exclusively(gpu, create).catch((error) => {
    throw toOrtError(error, "ModelUnsupported", `This model's ${what} could not be loaded.`);
  });
}

function wrap(
  gpu: Gpu,
  sessions: readonly Ort.InferenceSession[],
  { what }: OrtNames,
  run: (inputs: Bindings, outputs: Bindings) => Promise<void>,
): OrtSession {
  return {
    run: (inputs, outputs) =>
      exclusively(gpu, () => run(inputs, outputs)).catch((error) => {
        throw toOrtError(error, "DeviceLost", `The ${what} stopped working. Reload the model to go on.`);
      }),
    async release() {
      for (const session of sessions) await exclusively(gpu, () => session.release(), true);
    },
  };
}

async function runOnGpu(
  ort: Runtime,
  session: Ort.InferenceSession,
  inputs: Bindings,
  outputs: Bindings,
): Promise<void> {
  const toGpuTensor = ({ tensor, shape }: Bound) =>
    ort.Tensor.fromGpuBuffer(tensor.buffer, { dataType: "float32", dims: [...shape] });
  await session.run(mapValues(inputs, toGpuTensor), mapValues(outputs, toGpuTensor));
}

async function runOnCpu(
  ort: Runtime,
  sessions: readonly Ort.InferenceSession[],
  inputs: Bindings,
  outputs: Bindings,
  { gpu, label }: { readonly gpu: Gpu; readonly label: string },
): Promise<void> {
  const toCpuTensor = ({ shape }: Bound, values: Float32Array) => new ort.Tensor("float32", values, [...shape]);
  const results = await withReadback(gpu, label, inputs, toCpuTensor, async (feeds) => {
    let values: Record<string, Ort.Tensor> = feeds;
    for (const session of sessions) {
      const taken = Object.fromEntries(session.inputNames.map((name) => [name, values[name] as Ort.Tensor]));
      values = { ...values, ...(await session.run(taken)) };
    }
    return values;
  });
  for (const [name, { tensor }] of Object.entries(outputs)) {
    const data = (results[name] as Ort.Tensor).data as Float32Array<ArrayBuffer>;
    gpu.device.queue.writeBuffer(tensor.buffer, 0, data);
  }
}

/** Reads all inputs back through one buffer, and hands them on without another copy. */
async function withReadback<R>(
  gpu: Gpu,
  label: string,
  inputs: Bindings,
  toCpuTensor: (bound: Bound, values: Float32Array) => Ort.Tensor,
  use: (feeds: Record<string, Ort.Tensor>) => Promise<R>,
): Promise<R> {
  const bytes = Object.values(inputs).map(({ shape }) => shape.reduce((product, size) => product * size, 4));
  const size = bytes.reduce((sum, length) => sum + length, 0);
  const usage = bufferUsage.mapRead | bufferUsage.copyDst;
  const staging = gpu.device.createBuffer({ label: `${label}.readback`, size, usage });
  try {
    const encoder = gpu.device.createCommandEncoder({ label: `${label}.readback` });
    const offsets = bytes.map((_, i) => bytes.slice(0, i).reduce((sum, length) => sum + length, 0));
    Object.values(inputs).forEach(({ tensor }, i) => {
      encoder.copyBufferToBuffer(tensor.buffer, 0, staging, offsets[i] as number, bytes[i] as number);
    });
    gpu.device.queue.submit([encoder.finish()]);
    await mapForReading(gpu, staging);
    const mapped = staging.getMappedRange();
    const feeds = Object.entries(inputs).map(([name, bound], i) => {
      const values = new Float32Array(mapped, offsets[i], (bytes[i] as number) / 4);
      return [name, toCpuTensor(bound, values)] as const;
    });
    return await use(Object.fromEntries(feeds));
  } finally {
    staging.destroy();
  }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

let queue = Promise.resolve();

/** How long the runtime may still be busy with a lost device before others get their turn. */
const giveUpMs = 5000;

/**
 * Runs one task of onnxruntime at a time, as it demands. A failed task does not stop those after it; where the GPU fails, a
 * task fails at once, even if it would hang.
 *
 * @param always run it even where the GPU has failed already
 */
function exclusively<R>(gpu: Gpu, task: () => Promise<R>, always = false): Promise<R> {
  const watch = watches.get(gpu) ?? watchGpu(gpu);
  return new Promise((resolve, reject) => {
    const turn = (done: () => void) => {
      if (watch.error && !always) {
        reject(watch.error);
        return done();
      }
      const onFailure = (error: AuroraError) => {
        reject(error);
        setTimeout(done, giveUpMs);
      };
      watch.listeners.add(onFailure);
      const end = () => {
        watch.listeners.delete(onFailure);
        done();
      };
      void task().then(resolve, reject).finally(end);
    };
    queue = queue.then(() => new Promise<void>(turn));
  });
}

/** One listener on `gpu.failed`, however many tasks there are in its life. */
type Watch = { error: AuroraError | null; readonly listeners: Set<(error: AuroraError) => void> };
const watches = new WeakMap<Gpu, Watch>();

function watchGpu(gpu: Gpu): Watch {
  const watch: Watch = { error: null, listeners: new Set() };
  watches.set(gpu, watch);
  void gpu.failed.then((error) => {
    watch.error = error;
    for (const listener of watch.listeners) listener(error);
  });
  return watch;
}

/** What went wrong inside onnxruntime, which throws texts only. */
function toOrtError(error: unknown, otherwise: "ModelUnsupported" | "DeviceLost", message: string): AuroraError {
  if (/alloc|memory|out of bounds/i.test(String(error)))
    return toAuroraError(error, "OutOfMemory", "The memory is full. Close other tabs or use a smaller model.");
  return toAuroraError(error, otherwise, message);
}
