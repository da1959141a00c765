import { type LinearExtras, linear } from "./linear.ts";

/** One of two products: x [B, K], w [B, N, K]. */
export type Product = {
  x: Float32Array;
  w: Float32Array;
  batch: number;
  inWidth: number;
  activation: NonNullable<LinearExtras["activation"]>;
};

/** Both products [B, N] in f64, each of them by itself. */
export function linearPair(first: Product, second: Product): [Float64Array, Float64Array] {
  return [product(first), product(second)];
}

function product({ x, w, batch, inWidth, activation }: Product): Float64Array {
  const part = (values: Float32Array, index: number) =>
    values.subarray((index * values.length) / batch, ((index + 1) * values.length) / batch);
  const rows = Array.from({ length: batch }, (_, b) => linear(part(x, b), part(w, b), inWidth, { activation }));
  return Float64Array.from(rows.flatMap((row) => [...row]));
}
