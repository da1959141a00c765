import type { OnnxGraph } from "../onnx/onnx-graph.ts";

/** Tokens of F frames inside a graph; each value is null before the first merge. */
export type MergedTokens = {
  /** Rows [F·T, D]. */
  readonly x: string;
  /** [F, T]: how many patches each stands for; null where each is one. */
  readonly size: string | null;
  /** [F, N] int64: the token that each patch is in; null where patch n is token n. */
  readonly owners: string | null;
};

type Step = {
  /** T */
  readonly tokens: number;
  /** R, at most half of those that may merge. */
  readonly removed: number;
  readonly order: "ascending" | "descending" | "none";
  readonly protectFirst: boolean;
  /** D */
  readonly width: number;
};

/** Beyond any size: a token with it is sorted before, or behind, all others. */
const beyond = 1e9;
const lowest = -3e38;

/**
 * Adds a merge as the kernels `token-match`, `token-sort` and `token-merge` make it, of operators of ONNX: the same tokens become one, in the same order.
 *
 * @param tokens what is merged
 * @param metric [F, T, d] f32
 * @param frames [F, 1] int64: 0, 1, 2 …
 */
export function addMerge(
  graph: OnnxGraph,
  tokens: MergedTokens,
  metric: string,
  frames: string,
  step: Step,
): { readonly x: string; readonly size: string; readonly owners: string } {
  const { node, integers } = graph;
  const { tokens: T, width } = step;
  const { source, target } = addMatch(graph, metric, step); // [F, R]: tokens that go, and those that they go into
  const start = node("Mul", [frames, integers([T])]);
  const rowsOf = (places: string) => node("Add", [places, start]);
  const from = rowsOf(source);
  const into = node("Unsqueeze", [rowsOf(target), integers([2])]);
  const gather = (values: string, rows: string) => node("Gather", [values, rows]);
  const sum = (values: string) => node("ScatterND", [values, into, gather(values, from)], { reduction: "add" });

  const before = tokens.size === null ? addOnes(graph, frames, T) : node("Reshape", [tokens.size, integers([-1])]);
  const weighted =
    tokens.size === null ? tokens.x : node("Mul", [tokens.x, node("Reshape", [before, integers([-1, 1])])]);
  const sizes = sum(before);
  const kept = addOrder(graph, sizes, source, step); // [F, M]
  const rows = rowsOf(kept);
  const size = gather(sizes, rows);
  const mean = node("Div", [gather(sum(weighted), rows), node("Unsqueeze", [size, integers([2])])]);
  return {
    x: node("Reshape", [mean, integers([-1, width])]),
    size,
    owners: addOwners(graph, tokens.owners, { source, target, kept }, step),
  };
}

/** The R tokens at even positions that are most like one at an odd position, the most similar first, and those, as positions. */
function addMatch(graph: OnnxGraph, metric: string, step: Step): { source: string; target: string } {
  const { node, integers } = graph;
  const { tokens, removed, protectFirst } = step;
  const unit = node("LpNormalization", [metric], { axis: -1, p: 2 });
  const every = (first: number) =>
    node("Slice", [unit, integers([first]), integers([tokens]), integers([1]), integers([2])]);
  const similarity = node("MatMul", [every(0), node("Transpose", [every(1)], { perm: [0, 2, 1] })]);
  let best = node("ReduceMax", [similarity, integers([2])], { keepdims: 0 });
  if (protectFirst) best = node("Add", [best, firstOnly(graph, Math.ceil(tokens / 2), lowest)]);
  const nearest = node("ArgMax", [similarity], { axis: 2, keepdims: 0 });
  const [, rank] = graph.pair("TopK", [best, integers([removed])], { axis: 1 });
  const at = node("GatherElements", [nearest, rank], { axis: 1 });
  return {
    source: node("Mul", [rank, integers([2])]),
    target: node("Add", [node("Mul", [at, integers([2])]), integers([1])]),
  };
}

/** Positions of the tokens that are left, [F, M]: even ones, then odd ones, sorted by size where that is wanted. */
function addOrder(graph: OnnxGraph, sizes: string, source: string, step: Step): string {
  const { node, integers } = graph;
  const { tokens, removed, order, protectFirst } = step;
  const last = order === "descending" ? -beyond : beyond;
  const inOrder = node("Reshape", [sizes, integers([-1, tokens])]);
  const keys = order === "none" ? node("Mul", [inOrder, graph.constant(Float32Array.of(0), [])]) : inOrder;
  const gone = node("Expand", [graph.constant(Float32Array.of(last), []), node("Shape", [source])]);
  const marked = node("ScatterElements", [keys, source, gone], { axis: 1 });
  const positions = integers(
    Array.from({ length: tokens }, (_, i) => (2 * i < tokens ? 2 * i : 2 * (i - Math.ceil(tokens / 2)) + 1)),
  );
  let key = node("Gather", [marked, positions], { axis: 1 });
  if (protectFirst) key = node("Add", [key, firstOnly(graph, tokens, -last)]);
  // Of equals TopK gives the one before first: the sort is stable.
  const largest = Number(order === "descending");
  const [, place] = graph.pair("TopK", [key, integers([tokens - removed])], { axis: 1, largest });
  return node("Gather", [positions, place]);
}

/** The new token of each patch, [F, N]. */
function addOwners(
  graph: OnnxGraph,
  owners: string | null,
  { source, target, kept }: { readonly source: string; readonly target: string; readonly kept: string },
  { tokens, removed }: Step,
): string {
  const { node, integers } = graph;
  const count = (length: number) => integers(Array.from({ length }, (_, i) => i));
  const numbers = node("Expand", [count(tokens - removed), node("Shape", [kept])]);
  const left = node("ScatterElements", [addBlank(graph, kept, tokens), kept, numbers], { axis: 1 });
  const joined = node("GatherElements", [left, target], { axis: 1 });
  const all = node("ScatterElements", [left, source, joined], { axis: 1 });
  return owners === null ? all : node("GatherElements", [all, owners], { axis: 1 });
}

/** The numbers of the frames of a batch, [F, 1] int64: 0, 1, 2 … @param input with an axis of F in front */
export function addFrames(graph: OnnxGraph, input: string): string {
  const { node, integers } = graph;
  const count = node("Shape", [input], { start: 0, end: 1 });
  return node("Unsqueeze", [node("Range", [integers([0]), count, integers([1])]), integers([1])]);
}

/** Ones, [F·T]. */
function addOnes(graph: OnnxGraph, frames: string, tokens: number): string {
  const ones = graph.constant(new Float32Array(tokens).fill(1), [1, tokens]);
  const shape = graph.node("Shape", [addBlank(graph, frames, tokens)]);
  return graph.node("Reshape", [graph.node("Expand", [ones, shape]), graph.integers([-1])]);
}

/** Zeros, [F, T] int64. @param like [F, ·] */
function addBlank(graph: OnnxGraph, like: string, tokens: number): string {
  const first = graph.node("Slice", [like, graph.integers([0]), graph.integers([1]), graph.integers([1])]);
  return graph.node("Mul", [first, graph.integers(Array.from({ length: tokens }, () => 0))]);
}

/** [length]: `value`, and zeros behind it. */
function firstOnly(graph: OnnxGraph, length: number, value: number): string {
  const values = new Float32Array(length);
  values[0] = value;
  return graph.constant(values, [length]);
}
