import { AuroraError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import type { TablePiece } from "../kernels/embedding-gather.ts";
import { type LinearWeights, padRows, uploadLinear } from "../kernels/linear.ts";
import type { TextConfig } from "../model/config.ts";
import { halfToFloat32, toFloat32, toHalfBits } from "../model/half.ts";
import { expectTensor, type HostTensor, type TensorSource } from "../model/tensors.ts";

type Norm = { readonly weight: Tensor; readonly bias: Tensor };

/** One layer of RWKV-6; shapes as in BlinkDL's release, linears [out, in], C width, D ranks. */
export type LayerWeights = {
  readonly ln1: Norm;
  readonly ln2: Norm;
  /** Group norm of the heads' outputs. */
  readonly lnX: Norm;
  /** [1, C]: what shifts the input of W1 */
  readonly mixX: Tensor;
  /** [5, C] in the order w, k, v, r, g */
  readonly mix: Tensor;
  readonly mixRank: number;
  /** [5·D, C] */
  readonly mixDown: LinearWeights;
  /** [5, D, C] */
  readonly mixUp: Tensor;
  /** [C] */
  readonly decay: Tensor;
  /** [D, C] and [C, D] */
  readonly decayDown: LinearWeights;
  readonly decayUp: LinearWeights;
  /** [C]: u */
  readonly bonus: Tensor;
  /** [4, C, C]: key, value, receptance, gate */
  readonly kvrg: LinearWeights;
  readonly output: LinearWeights;
  /** [2, C]: k, r */
  readonly ffnMix: Tensor;
  readonly ffnKey: LinearWeights;
  readonly ffnReceptance: LinearWeights;
  readonly ffnValue: LinearWeights;
};

/** All of an RWKV-6 language model on the GPU. */
export type RnnWeights = {
  readonly embedding: readonly TablePiece[];
  readonly ln0: Norm;
  readonly layers: readonly LayerWeights[];
  readonly lnOut: Norm;
  /** [V, C] */
  readonly head: LinearWeights;
  destroy(): void;
};

/**
 * Reads RWKV-6's tensors in BlinkDL's names onto the GPU, one at a time.
 *
 * @param onTensor is told of each tensor that was read
 * @throws AuroraError `ModelCorrupt` for a missing tensor or a wrong shape
 */
export async function loadRnnWeights(
  gpu: Gpu,
  config: TextConfig,
  tensors: TensorSource,
  onTensor?: () => void,
): Promise<RnnWeights> {
  const loader = createLoader(gpu, tensors, onTensor);
  try {
    const { hiddenSize: width, vocabSize } = config;
    const embedding = await loader.table("emb.weight", vocabSize, width);
    const ln0 = await loader.norm("blocks.0.ln0", width);
    const layers: LayerWeights[] = [];
    for (let n = 0; n < config.numHiddenLayers; n++) layers.push(await loadLayer(loader, `blocks.${n}.`, config));
    const lnOut = await loader.norm("ln_out", width);
    const head = await loader.linear("head.weight", vocabSize, width);
    return { embedding, ln0, layers, lnOut, head, destroy: loader.destroy };
  } catch (error) {
    loader.destroy();
    throw error;
  }
}

async function loadLayer(loader: Loader, at: string, config: TextConfig): Promise<LayerWeights> {
  const { hiddenSize: c, headSize, intermediateSize } = config;
  const mixRank = loader.rank(`${at}att.time_maa_w1`, 1) / 5;
  const decayRank = loader.rank(`${at}att.time_decay_w1`, 1);
  if (!Number.isInteger(mixRank)) {
    throw new AuroraError(
      "ModelCorrupt",
      `The model's ${at}att.time_maa_w1 has ${mixRank * 5} columns; a multiple of 5 is needed.`,
    );
  }
  const vector = [1, 1, c];
  const [w, k, v, r, g] = ["w", "k", "v", "r", "g"].map((name) => `${at}att.time_maa_${name}`) as [
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    ln1: await loader.norm(`${at}ln1`, c),
    ln2: await loader.norm(`${at}ln2`, c),
    lnX: await loader.norm(`${at}att.ln_x`, c),
    mixX: await loader.vectors([`${at}att.time_maa_x`], vector, c),
    mix: await loader.vectors([w, k, v, r, g], vector, c),
    mixRank,
    mixDown: await loader.transposed(`${at}att.time_maa_w1`, 5 * mixRank, c),
    mixUp: await loader.vectors([`${at}att.time_maa_w2`], [5, mixRank, c], c),
    decay: await loader.vectors([`${at}att.time_decay`], vector, c),
    decayDown: await loader.transposed(`${at}att.time_decay_w1`, decayRank, c),
    decayUp: await loader.transposed(`${at}att.time_decay_w2`, c, decayRank),
    bonus: await loader.vectors([`${at}att.time_faaaa`], [c / headSize, headSize], c),
    kvrg: await loader.stacked(
      ["key", "value", "receptance", "gate"].map((name) => `${at}att.${name}.weight`),
      c,
      c,
    ),
    output: await loader.linear(`${at}att.output.weight`, c, c),
    ffnMix: await loader.vectors([`${at}ffn.time_maa_k`, `${at}ffn.time_maa_r`], vector, c),
    ffnKey: await loader.linear(`${at}ffn.key.weight`, intermediateSize, c),
    ffnReceptance: await loader.linear(`${at}ffn.receptance.weight`, c, c),
    ffnValue: await loader.linear(`${at}ffn.value.weight`, c, intermediateSize),
  };
}

type Loader = ReturnType<typeof createLoader>;

/** Reads tensors by name and remembers what it made, so that a failure half-way leaves nothing behind. */
function createLoader(gpu: Gpu, tensors: TensorSource, onTensor?: () => void) {
  const made: { destroy(): void }[] = [];
  const keep = <T extends { destroy(): void }>(item: T): T => {
    made.push(item);
    return item;
  };
  const read = async (name: string, shape: readonly number[]) => {
    const tensor = await expectTensor(tensors, name, shape);
    onTensor?.();
    return tensor;
  };
  const vectors = async (names: readonly string[], shape: readonly number[], width: number): Promise<Tensor> => {
    const parts: Float32Array[] = [];
    for (const name of names) parts.push(padRows(toFloat32(await read(name, shape)), width));
    const data = concat(parts);
    return keep(createTensor(gpu, names[0] as string, [data.length], "f32", data));
  };
  const stacked = async (names: readonly string[], outWidth: number, inWidth: number): Promise<LinearWeights> => {
    const parts: (Float32Array | Uint16Array)[] = [];
    for (const name of names) parts.push(toWeights(await read(name, [outWidth, inWidth])));
    return keep(
      uploadLinear(gpu, names[0] as string, concat(sameKind(parts)), { batch: names.length, outWidth, inWidth }),
    );
  };
  return {
    vectors,
    stacked,
    linear: (name: string, outWidth: number, inWidth: number) => stacked([name], outWidth, inWidth),
    /** A low-rank factor, stored [in, out] and used as x·W. */
    transposed: async (name: string, outWidth: number, inWidth: number) =>
      keep(
        uploadLinear(gpu, name, transpose(toWeights(await read(name, [inWidth, outWidth])), outWidth), {
          outWidth,
          inWidth,
        }),
      ),
    norm: async (name: string, width: number): Promise<Norm> => ({
      weight: await vectors([`${name}.weight`], [width], width),
      bias: await vectors([`${name}.bias`], [width], width),
    }),
    table: async (name: string, rows: number, width: number): Promise<readonly TablePiece[]> => {
      const { pieces } = await stacked([name], rows, width);
      return pieces.map(({ tensor, firstRow, rows: count }) => ({ tensor, first: firstRow, count }));
    },
    rank(name: string, axis: number): number {
      const size = tensors.info(name)?.shape[axis];
      if (!size)
        throw new AuroraError(
          "ModelCorrupt",
          `The model has no tensor ${name} with an axis ${axis}. Download the model again.`,
        );
      return size;
    },
    destroy() {
      for (const item of made.splice(0)) item.destroy();
    },
  };
}

/** f32 stays f32; 16-bit types become f16, unless a bf16 is too large for it. */
function toWeights(tensor: HostTensor): Float32Array | Uint16Array {
  if (tensor.dtype === "F32") return toFloat32(tensor);
  const bits = toHalfBits(tensor);
  const overflows = tensor.dtype === "BF16" && bits.some((value) => (value & 0x7fff) === 0x7c00);
  return overflows ? toFloat32(tensor) : bits;
}

/** All as f16 bits, or, when one of them is f32, all as f32. */
function sameKind(parts: readonly (Float32Array | Uint16Array)[]): Float32Array[] | Uint16Array[] {
  if (parts.every((part) => part instanceof Uint16Array)) return parts as Uint16Array[];
  return parts.map((part) => (part instanceof Uint16Array ? halfToFloat32(part) : part));
}

function concat(parts: readonly Float32Array[]): Float32Array;
function concat(parts: readonly Float32Array[] | readonly Uint16Array[]): Float32Array | Uint16Array;
function concat(parts: readonly Float32Array[] | readonly Uint16Array[]): Float32Array | Uint16Array {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = first instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function transpose<T extends Float32Array | Uint16Array>(matrix: T, columns: number): T {
  const rows = matrix.length / columns;
  const turned = matrix.slice() as T;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = matrix[row * columns + column] as number;
  }
  return turned;
}
