import type { Block } from "../../src/onnx/transformer.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";

/** Values of a weight by its name. */
type Weights = (name: string) => Float32Array;

const quickGelu = (x: number) => x / (1 + Math.exp(-1.702 * x));

/** A block of a pre-norm transformer for one sequence of rows x [T, D]: x + Attention(LN(x)), and then x + MLP(LN(x)) of that. */
export function transformerBlock(x: Float32Array, weights: Weights, block: Block, causal: boolean): Float32Array {
  const { width, inner, epsilon, names } = block;
  if (block.activation !== "quick_gelu") throw new Error(`no reference for ${block.activation}`);
  const norm = (rows: Float32Array, name: string) =>
    layerNorm(rows, weights(`${name}.weight`), weights(`${name}.bias`), epsilon);
  const project = (rows: Float32Array, name: string, from = width) =>
    Float32Array.from(linear(rows, weights(`${name}.weight`), from, { bias: weights(`${name}.bias`) }));
  const normed = norm(x, names.attentionNorm);
  const [query, key, value] = [names.query, names.key, names.value].map((name) => project(normed, name));
  const mixed = attention(query as Float32Array, key as Float32Array, value as Float32Array, block, causal);
  const attended = add(x, project(mixed, names.attentionOut));
  const hidden = project(norm(attended, names.mlpNorm), names.mlpIn).map(quickGelu);
  return add(attended, project(hidden, names.mlpOut, inner));
}

/** softmax(q kᵀ / √d) v of each head; rows [T, D]. */
function attention(q: Float32Array, k: Float32Array, v: Float32Array, { width, heads }: Block, causal: boolean) {
  const depth = width / heads;
  const tokens = q.length / width;
  const y = new Float32Array(q.length);
  for (let head = 0; head < heads; head++) {
    const at = (t: number, c: number) => t * width + head * depth + c;
    for (let t = 0; t < tokens; t++) {
      const seen = causal ? t + 1 : tokens;
      const weights = Array.from({ length: seen }, (_, s) => {
        let dot = 0;
        for (let c = 0; c < depth; c++) dot += (q[at(t, c)] as number) * (k[at(s, c)] as number);
        return Math.exp(dot / Math.sqrt(depth));
      });
      const sum = weights.reduce((total, weight) => total + weight, 0);
      for (let c = 0; c < depth; c++)
        y[at(t, c)] = weights.reduce((total, weight, s) => total + weight * (v[at(s, c)] as number), 0) / sum;
    }
  }
  return y;
}

function add(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + (b[i] as number));
}
