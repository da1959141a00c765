import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { runDispatches } from "../gpu/record.ts";
import { createTensor, readFloats, type Tensor } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import { gpuIdle } from "../gpu/wait.ts";
import { linearDecode, linearPrefill } from "./linear.ts";
import { availableVariants, type LinearVariants, suitedVariants } from "./linear-variants.ts";
import type { LinearWeights } from "./linear-weights.ts";
import { rowStride } from "./row-stride.ts";

/** What one variant needed for all products once, against the one that suits the adapter's kind. */
type TunedVariant = {
  readonly kind: keyof LinearVariants;
  readonly variant: string;
  /** Median of the rounds. */
  readonly ms: number;
  /** Largest difference to the suited variant's outputs, over the largest output. */
  readonly error: number;
};

export type Tuning = { readonly variants: LinearVariants; readonly measured: readonly TunedVariant[] };

/** Largest relative error of a variant that may be chosen: all of them add up in f32, in different orders. */
const bound = 1e-4;

/** Whether a variant's values are within the bound; NaN is not. */
export function isRight({ error }: { readonly error: number }): boolean {
  return error <= bound;
}

/** A variant is taken in place of the suited one when it is faster by more than measuring is off. */
const gain = 0.95;

type Candidate<V> = { readonly variant: V; readonly dispatches: readonly Dispatch[]; error: number; times: number[] };

/**
 * Times the products of some layers on the adapter, each variant in turn, and finds the fastest whose values are right.
 * It leaves nothing on the GPU but compiled kernels.
 *
 * @param weights of the shapes that the model has; they are read only
 * @param options.rows rows of `prefill`'s products
 * @param options.budgetMs about how long measuring may take, compilation and the first round not counted
 */
export async function tuneLinear(
  gpu: Gpu,
  weights: readonly LinearWeights[],
  options: { readonly rows?: number; readonly budgetMs?: number } = {},
): Promise<Tuning> {
  const { rows = 96, budgetMs = 600 } = options;
  const bench = createBench(gpu, weights, rows);
  const available = availableVariants(gpu);
  const suited = suitedVariants(gpu);
  try {
    const prefill = await compare(gpu, bench, suited.prefill, available.prefill, budgetMs / 2, (variant) =>
      bench.products.flatMap(({ x, w, many }) =>
        linearPrefill(gpu, { x, w, y: many, rows: bench.rows }, { variant, batchRows: rows }),
      ),
    );
    const lanes = await compare(gpu, bench, suited.lanes, available.lanes, budgetMs / 2, (count) =>
      bench.products.flatMap(({ x, w, many }) =>
        linearDecode(gpu, { x, w, y: many }, { lanes: count, batchRows: rows }),
      ),
    );
    return {
      variants: { prefill: prefill.best, lanes: lanes.best },
      measured: [
        ...prefill.candidates.map((each) => describe("prefill", each)),
        ...lanes.candidates.map((each) => describe("lanes", each)),
      ],
    };
  } finally {
    bench.destroy();
  }
}

function describe<V>(kind: keyof LinearVariants, { variant, times, error }: Candidate<V>): TunedVariant {
  return { kind, variant: String(variant), ms: median(times), error };
}

/** Runs all candidates in rounds until the time is used up, and picks the best that is right. */
async function compare<V>(
  gpu: Gpu,
  bench: Bench,
  suited: V,
  available: readonly V[],
  budgetMs: number,
  build: (variant: V) => readonly Dispatch[],
): Promise<{ best: V; candidates: readonly Candidate<V>[] }> {
  const ordered = [suited, ...available.filter((variant) => variant !== suited)];
  const candidates: Candidate<V>[] = ordered.map((variant) => ({
    variant,
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
  const end = performance.now() + budgetMs;
  do {
    for (const { dispatches, times } of right) {
      await gpuIdle(gpu);
      const start = performance.now();
      runDispatches(gpu, dispatches, { rows: bench.rowCount });
      await gpuIdle(gpu);
      times.push(performance.now() - start);
    }
  } while (performance.now() < end);
  const [first] = right;
  assert(first, "the suited variant differs from itself");
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
      many: createTensor(gpu, "tune.y", [batch, rowCount, output], "f32"),
    };
  });
  const outputs = async (): Promise<Float32Array> => {
    const all = new Float32Array(products.reduce((sum, { many }) => sum + many.byteLength / 4, 0));
    let at = 0;
    for (const { many } of products) {
      const part = await readFloats(gpu, many);
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
      clear(products.map(({ many }) => many));
      runDispatches(gpu, dispatches, { rows: rowCount });
      return outputs();
    },
    destroy() {
      for (const { x, many } of products) {
        x.destroy();
        many.destroy();
      }
      rows.destroy();
    },
  };
}

/** NaN, which is above every bound, where a value is none. */
function relativeError(values: Float32Array, expected: Float32Array): number {
  let [error, largest] = [0, 0];
  for (const [i, value] of values.entries()) {
    const wanted = expected[i] ?? Number.NaN;
    error = Math.max(error, Math.abs(value - wanted));
    largest = Math.max(largest, Math.abs(wanted));
  }
  return error === 0 ? 0 : error / largest;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}
