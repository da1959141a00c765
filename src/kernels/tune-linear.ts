import { assert } from "../errors.ts";
import { compileAhead, type KernelSource } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { runDispatches } from "../gpu/record.ts";
import { createTensor, readFloats, type Tensor } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import { gpuIdle } from "../gpu/wait.ts";
import { decodeKernel, linearDecode, linearPrefill, prefillKernel } from "./linear.ts";
import {
  type Arithmetic,
  arithmeticOf,
  availableVariants,
  type DecodeVariant,
  type LinearVariants,
  nameVariant,
  type PrefillVariant,
  suitedVariants,
} from "./linear-variants.ts";
import type { LinearWeights } from "./linear-weights.ts";
import { rowStride } from "./row-stride.ts";

/** What one variant needed for all products once, against the one that suits the adapter's kind. */
type TunedVariant = {
  readonly kind: keyof LinearVariants;
  readonly variant: string;
  readonly arithmetic: Arithmetic;
  /** Median of the rounds; none where the variant was not measured. */
  readonly ms: number;
  /** Largest difference to the suited variant's outputs, over the largest output. */
  readonly error: number;
};

export type Tuning = { readonly variants: LinearVariants; readonly measured: readonly TunedVariant[] };

/**
 * Largest error of a variant that may be chosen, over the largest output: in f32 sums differ in their order; f16 has 11 bits, and few
 * products are added up in it; inputs in 8 bits are off by at most 1/254 of the largest of their 32.
 */
export const errorBounds: Record<Arithmetic, number> = { f32: 1e-4, half: 4e-3, dot: 1.5e-2 };

/** Whether a variant's values are within the bound of its arithmetic; NaN is not. */
export function isRight({ error, arithmetic }: Pick<TunedVariant, "error" | "arithmetic">): boolean {
  return error <= errorBounds[arithmetic];
}

/** A variant is taken in place of the suited one when it is faster by more than measuring is off. */
const gain = 0.95;

/** Milliseconds that one measurement takes at least, since what it takes to wait is measured as well. */
const leastMs = 4;

/** A variant that can be run. */
type Candidate<V> = {
  readonly variant: V;
  readonly arithmetic: Arithmetic;
  readonly dispatches: readonly Dispatch[];
  error: number;
  times: number[];
};

/** How a kind of products is built. */
type Products<V extends PrefillVariant | DecodeVariant> = {
  readonly suited: V;
  readonly available: readonly V[];
  kernel(w: LinearWeights, variant: V): KernelSource;
  build(variant: V): readonly Dispatch[];
};

/**
 * Times the products of some layers on the adapter, each variant in turn, and finds the fastest whose values are right.
 * It leaves nothing on the GPU but compiled kernels.
 *
 * @param weights of the shapes that the model has; they are read only
 * @param options.rows rows of `prefill`'s products
 * @param options.budgetMs about how long measuring may take, compilation and the first round not counted
 * @param options.compileMs how long kernels are waited for: what then is not compiled, but for the suited, is not measured
 */
export async function tuneLinear(
  gpu: Gpu,
  weights: readonly LinearWeights[],
  options: { readonly rows?: number; readonly budgetMs?: number; readonly compileMs?: number } = {},
): Promise<Tuning> {
  const { rows = 96, budgetMs = 300, compileMs = 1000 } = options;
  const bench = createBench(gpu, weights, rows);
  const available = availableVariants(gpu);
  const suited = suitedVariants(gpu);
  const many: Products<PrefillVariant> = {
    suited: suited.prefill,
    available: available.prefill,
    kernel: prefillKernel,
    build: (variant) =>
      bench.products.flatMap(({ x, w, y }) =>
        linearPrefill(gpu, { x, w, y, rows: bench.rows }, { variant, batchRows: rows }),
      ),
  };
  const one: Products<DecodeVariant> = {
    suited: suited.decode,
    available: available.decode,
    kernel: (w, variant) => decodeKernel(gpu, w, variant),
    build: (variant) =>
      bench.products.flatMap(({ x, w, y }) => linearDecode(gpu, { x, w, y }, { variant, batchRows: rows })),
  };
  try {
    const [manyReady, oneReady] = await Promise.all([
      compileAll(gpu, weights, many, compileMs),
      compileAll(gpu, weights, one, compileMs),
    ]);
    const prefill = await compare(bench, { ...many, available: manyReady }, budgetMs / 2);
    const decode = await compare(bench, { ...one, available: oneReady }, budgetMs / 2);
    return {
      variants: { prefill: prefill.best, decode: decode.best },
      measured: [
        ...prefill.candidates.map((each) => describe("prefill", each)),
        ...decode.candidates.map((each) => describe("decode", each)),
      ],
    };
  } finally {
    bench.destroy();
  }
}

/** The variants whose kernels are compiled in time, the suited one first, which is waited for. */
async function compileAll<V extends PrefillVariant | DecodeVariant>(
  gpu: Gpu,
  weights: readonly LinearWeights[],
  { suited, available, kernel }: Products<V>,
  limitMs: number,
): Promise<readonly V[]> {
  const others = available.filter((variant) => nameVariant(variant) !== nameVariant(suited));
  const compile = (variant: V) => Promise.all(weights.map((w) => compileAhead(gpu, kernel(w, variant))));
  const ready = new Set<V>();
  const first = compile(suited);
  // A driver that fails at one kernel may well do another.
  const rest = others.map((variant) =>
    compile(variant).then(
      () => ready.add(variant),
      () => {},
    ),
  );
  const late = new Promise((resolve) => setTimeout(resolve, limitMs));
  await Promise.race([Promise.all(rest), late]);
  await first;
  return [suited, ...others.filter((variant) => ready.has(variant))];
}

function describe<V extends PrefillVariant | DecodeVariant>(
  kind: keyof LinearVariants,
  { variant, arithmetic, times, error }: Candidate<V>,
): TunedVariant {
  return { kind, variant: nameVariant(variant), arithmetic, ms: median(times), error };
}

/** Runs all candidates in rounds until the time is used up, and picks the best that is right. */
async function compare<V extends PrefillVariant | DecodeVariant>(
  bench: Bench,
  { suited, available, build }: Products<V>,
  budgetMs: number,
): Promise<{ best: V; candidates: readonly Candidate<V>[] }> {
  const candidates: Candidate<V>[] = available.map((variant) => ({
    variant,
    arithmetic: arithmeticOf(variant),
    dispatches: build(variant),
    error: 0,
    times: [],
  }));
  let reference: Float32Array | undefined;
  for (const candidate of candidates) {
    const output = await bench.run(candidate.dispatches);
    reference ??= output;
    candidate.error = relativeError(output, reference);
  }
  const right = candidates.filter(isRight);
  const [first] = right;
  assert(first, "the suited variant differs from itself");
  const repeats = Math.ceil(Math.min(64, leastMs / (await bench.time(first.dispatches, 1))));
  const end = performance.now() + budgetMs;
  do {
    for (const { dispatches, times } of right) times.push((await bench.time(dispatches, repeats)) / repeats);
  } while (performance.now() < end);
  const best = right.reduce((least, each) => (median(each.times) < median(least.times) ? each : least), first);
  const better = median(best.times) < gain * median(first.times);
  return { best: better ? best.variant : suited, candidates };
}

type Bench = ReturnType<typeof createBench>;

/** Inputs and room for outputs of all products. */
function createBench(gpu: Gpu, weights: readonly LinearWeights[], rowCount: number) {
  const rows = createUniform(gpu, "tune.rows", [rowCount, 0, 0, 0]);
  const products = weights.map((w) => {
    const [batch, input, output] = [w.batch, rowStride(w.inWidth), rowStride(w.outWidth)];
    const values = Float32Array.from({ length: batch * rowCount * input }, (_, i) => ((i * 7919) % 1021) / 1021 - 0.5);
    return {
      w,
      x: createTensor(gpu, "tune.x", [batch, rowCount, input], "f32", values),
      y: createTensor(gpu, "tune.y", [batch, rowCount, output], "f32"),
    };
  });
  const outputs = async (): Promise<Float32Array> => {
    const all = new Float32Array(products.reduce((sum, { y }) => sum + y.byteLength / 4, 0));
    let at = 0;
    for (const { y } of products) {
      const part = await readFloats(gpu, y);
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  const clear = (tensors: readonly Tensor[]) => {
    const encoder = gpu.device.createCommandEncoder({ label: "tune.clear" });
    for (const { buffer } of tensors) encoder.clearBuffer(buffer);
    gpu.device.queue.submit([encoder.finish()]);
  };
  return {
    rows,
    rowCount,
    products,
    /** Runs dispatches once over outputs of zero, and reads those. */
    async run(dispatches: readonly Dispatch[]): Promise<Float32Array> {
      clear(products.map(({ y }) => y));
      runDispatches(gpu, dispatches, { rows: rowCount });
      return outputs();
    },
    /** Milliseconds until dispatches have run `repeats` times, from an idle GPU on. */
    async time(dispatches: readonly Dispatch[], repeats: number): Promise<number> {
      await gpuIdle(gpu);
      const start = performance.now();
      runDispatches(gpu, Array.from({ length: repeats }, () => dispatches).flat(), { rows: rowCount });
      await gpuIdle(gpu);
      return performance.now() - start;
    },
    destroy() {
      for (const { x, y } of products) {
        x.destroy();
        y.destroy();
      }
      rows.destroy();
    },
  };
}

/** NaN, which is above every bound, where a value is none. */
function relativeError(values: Float32Array, expected: Float32Array): number {
  let [error, largest] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const wanted = expected[i] ?? Number.NaN;
    error = Math.max(error, Math.abs((values[i] as number) - wanted));
    largest = Math.max(largest, Math.abs(wanted));
  }
  return error === 0 ? 0 : error / largest;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}
