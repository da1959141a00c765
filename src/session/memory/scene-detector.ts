import { rowStride } from "../../kernels/row-stride.ts";
import { halfToFloat32 } from "../../model/half.ts";

/** Tells where scenes change, from the frames' merged tokens, one frame after the other. */
export type SceneDetector = {
  /**
   * Takes the next frame.
   *
   * @param tokens as they are kept: f16 rows `rowStride(C)` apart
   * @param owners the token that each patch went into; others than its own where it was dropped
   */
  add(tokens: Uint8Array, owners: Uint16Array): SceneStep;
};

/** What a frame tells. */
type SceneStep = {
  /** From the frame before: 0 where they are alike, up to 2. 0 for the first frame. */
  readonly distance: number;
  /** Whether the frame before began a new scene, as this one, which is alike, confirms. */
  readonly confirmed: boolean;
};

/** What a detector needs to know of an engine. */
type TokenSizes = {
  readonly encoder: { readonly tokensPerFrame: number; readonly patches: number };
  readonly config: { readonly text: { readonly hiddenSize: number } };
};

/** The picture is compared in so many parts across and down: moves inside a part change little, another picture all. */
const cells = 3;
/** Distances that the usual one is told from. */
const window = 16;
/** A change is at least so far, and so many times as far as is usual. */
const least = 0.08;
const times = 2.5;
/** The next frame confirms a change where it is so much nearer to the one after it than to the one before it. */
const settled = 0.6;

export function createSceneDetector({ encoder, config }: TokenSizes): SceneDetector {
  const width = config.text.hiddenSize;
  const cellOf = patchCells(encoder.patches);
  /** The picture before, the one before that, and what is usual. */
  let last: Float32Array | null = null;
  let lastButOne: Float32Array | null = null;
  let candidate = false;
  const recent: number[] = [];

  function usual(): number {
    const sorted = [...recent].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  return {
    add(tokens, owners) {
      const picture = poolPatches(tokens, owners, { width, rows: encoder.tokensPerFrame, cellOf });
      const distance = last ? pictureDistance(last, picture) : 0;
      const threshold = Math.max(least, times * usual());
      // What looks again as before the change was a flash; what goes on changing moves.
      const back = lastButOne ? pictureDistance(lastButOne, picture) : 0;
      const flash = candidate && back <= threshold;
      const confirmed = candidate && !flash && distance < settled * back;
      candidate = distance > threshold && !flash;
      if (last) recent.push(distance);
      if (recent.length > window) recent.shift();
      [lastButOne, last] = [last, picture];
      return { distance, confirmed };
    },
  };
}

/** The part of the picture that each patch lies in. */
function patchCells(patches: number): Uint8Array {
  const side = Math.round(Math.sqrt(patches));
  const cell = (place: number) => Math.floor((place * cells) / side);
  return Uint8Array.from(
    { length: patches },
    (_, patch) => cell(Math.floor(patch / side)) * cells + cell(patch % side),
  );
}

/** The sum of the tokens of each part's patches, [cells², C], each of length 1. */
function poolPatches(
  tokens: Uint8Array,
  owners: Uint16Array,
  { width, rows, cellOf }: { readonly width: number; readonly rows: number; readonly cellOf: Uint8Array },
): Float32Array {
  const stride = rowStride(width);
  const values = halfToFloat32(new Uint16Array(tokens.slice().buffer));
  const pooled = new Float32Array(cells * cells * width);
  const shares = new Float32Array(cells * cells * rows);
  owners.forEach((token, patch) => {
    const place = (cellOf[patch] as number) * rows + token;
    if (token < rows) shares[place] = (shares[place] as number) + 1;
  });
  for (let cell = 0; cell < cells * cells; cell++) {
    const into = pooled.subarray(cell * width, (cell + 1) * width);
    for (let token = 0; token < rows; token++) {
      const share = shares[cell * rows + token] as number;
      if (share === 0) continue;
      for (let i = 0; i < width; i++) into[i] = (into[i] as number) + share * (values[token * stride + i] as number);
    }
    const length = Math.sqrt(into.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let i = 0; i < width; i++) into[i] = (into[i] as number) / length;
  }
  return pooled;
}

/** 1 − cosine, on average over the parts. */
function pictureDistance(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  for (let i = 0; i < a.length; i++) dot += (a[i] as number) * (b[i] as number);
  return 1 - dot / (cells * cells);
}
