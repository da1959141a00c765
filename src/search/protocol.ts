import type { Nearest } from "./vectors.ts";

export type { Nearest };

/** What the page tells the search worker. `request` is a number that the page gives. */
export type ToSearch =
  | { readonly type: "add"; readonly width: number; readonly seconds: readonly number[]; readonly rows: Float32Array }
  | { readonly type: "nearest"; readonly request: number; readonly query: Float32Array; readonly most: number }
  /** What looks most like the moment nearest to a second. */
  | { readonly type: "alike"; readonly request: number; readonly seconds: number; readonly most: number };

/** What the search worker tells the page. */
export type FromSearch =
  | { readonly type: "found"; readonly request: number; readonly moments: readonly Nearest[] }
  | { readonly type: "count"; readonly count: number };
