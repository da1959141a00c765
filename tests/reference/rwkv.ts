/** Tensors by BlinkDL's names. */
export type Tensors = (name: string) => Float32Array;
export type Sizes = { readonly width: number; readonly layers: number; readonly headSize: number };
/** One layer's state: the last inputs of both token shifts, and S [H, N, N] by key, then value. */
export type LayerState = { attention: Float64Array; feedForward: Float64Array; wkv: Float64Array };

export type Vector = Float64Array | Float32Array;

/** Before anything was read. */
export function emptyState({ width, layers, headSize }: Sizes): LayerState[] {
  return Array.from({ length: layers }, () => ({
    attention: new Float64Array(width),
    feedForward: new Float64Array(width),
    wkv: new Float64Array(width * headSize),
  }));
}

/** Normalisation of a whole vector. */
export function layerNorm(tensors: Tensors, at: string, x: Vector): Float64Array {
  return normalise(Float64Array.from(x), 1e-5, tensors(`${at}.weight`), tensors(`${at}.bias`));
}

/** Normalisation of each head on its own; eps as in BlinkDL's release. */
export function groupNorm(x: Float64Array, headSize: number, weight: Vector, bias: Vector): Float64Array {
  const y = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += headSize) {
    const end = at + headSize;
    y.set(normalise(x.subarray(at, end), 64e-5, weight.subarray(at, end), bias.subarray(at, end)), at);
  }
  return y;
}

function normalise(x: Float64Array, eps: number, weight: Vector, bias: Vector): Float64Array {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + eps)) * valueAt(weight, i) + valueAt(bias, i));
}

/** W·x for row-major W [out, in]. */
export function matrix(w: Vector, x: Vector): Float64Array {
  return Float64Array.from({ length: w.length / x.length }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += valueAt(w, row * x.length + i) * valueAt(x, i);
    return sum;
  });
}

/** x·W for row-major W [in, out]. */
export function columns(w: Vector, x: Vector): Float64Array {
  const width = w.length / x.length;
  const y = new Float64Array(width);
  for (let i = 0; i < x.length; i++)
    for (let c = 0; c < width; c++) y[c] = valueAt(y, c) + valueAt(x, i) * valueAt(w, i * width + c);
  return y;
}

/** a + b. */
export function add(a: Vector, b: Vector): Float64Array {
  return Float64Array.from(a, (value, i) => value + valueAt(b, i));
}

/** An element that is known to be there. */
export function valueAt(array: Vector, index: number): number {
  return array[index] as number;
}
