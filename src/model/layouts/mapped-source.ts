import { assert } from "../../errors.ts";
import { corruptFile } from "../fields.ts";
import type { HostTensor, RowRange, TensorSource } from "../tensors.ts";

/** Where a tensor of ours comes from. */
export type MappedTensor = {
  readonly source: TensorSource;
  /** Its name there. */
  readonly name: string;
  /** Our shape: theirs with other axes of size 1, or with the last two axes swapped. */
  readonly shape: readonly number[];
  /** Whether the last two axes are swapped there. */
  readonly transpose: boolean;
  /** Where several tensors of ours are the rows of one of theirs: which row this is. */
  readonly row?: number;
};

/** Tensors of ours by our names. */
export type TensorMap = ReadonlyMap<string, MappedTensor>;

/** Sees tensors under our names and in our shapes; each is read, and turned, when it is asked for. */
export function createMappedSource(map: TensorMap): TensorSource {
  return {
    names: [...map.keys()],
    info(name) {
      const mapped = map.get(name);
      const info = mapped?.source.info(mapped.name);
      return mapped && info ? { shape: mapped.shape, dtype: info.dtype } : null;
    },
    async read(name, rows) {
      const mapped = map.get(name);
      if (!mapped) throw corruptFile("weights", `have no tensor ${name}`);
      return readMapped(mapped, rows);
    },
  };
}

async function readMapped(mapped: MappedTensor, rows?: RowRange): Promise<HostTensor> {
  const { source, name, shape, transpose, row } = mapped;
  const sameRows = !transpose && row === undefined && source.info(name)?.shape.join() === shape.join();
  if (sameRows) return source.read(name, rows);
  // What is turned or has other axes is small: vectors and low-rank factors.
  const { dtype, bytes } = await (row === undefined ? source.read(name) : source.read(name, [row, row + 1]));
  const whole = { shape, dtype, bytes: transpose ? swapLastAxes(bytes, shape) : bytes };
  return rows ? takeRows(whole, rows) : whole;
}

/** Elements in the order of `shape` from bytes in which its last two axes are the other way round. */
function swapLastAxes(bytes: Uint8Array, shape: readonly number[]): Uint8Array {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const count = shape.reduce((product, size) => product * size, 1);
  const size = bytes.byteLength / Math.max(1, count);
  const swapped = new Uint8Array(bytes.byteLength);
  for (let to = 0; to < count; to++) {
    const column = to % columns;
    const row = Math.floor(to / columns) % rows;
    const from = to - row * columns - column + column * rows + row;
    for (let byte = 0; byte < size; byte++) swapped[to * size + byte] = bytes[from * size + byte] as number;
  }
  return swapped;
}

function takeRows({ shape, dtype, bytes }: HostTensor, [first, end]: RowRange): HostTensor {
  const [count = 0, ...width] = shape;
  assert(0 <= first && first <= end && end <= count, `rows ${first} to ${end} of ${count}`);
  const rowBytes = count === 0 ? 0 : bytes.byteLength / count;
  return { shape: [end - first, ...width], dtype, bytes: bytes.subarray(first * rowBytes, end * rowBytes) };
}
