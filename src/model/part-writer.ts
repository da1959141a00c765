import { assert } from "../errors.ts";
import { corruptFile } from "./fields.ts";
import { toFloat32, toHalfBits } from "./half.ts";
import { quantise } from "./quantised.ts";
import type { PlannedPart, StoredForm } from "./shard-plan.ts";
import { type ShardWriter, tensorBytes } from "./shard-writer.ts";
import type { HostTensor, RowRange, TensorSource } from "./tensors.ts";

/** Reads tensors of a checkpoint and adds them to files of weights in the form that was planned. */
export type PartWriter = {
  /**
   * @param onBytes told how many of the part's bytes are done
   * @returns the form that was stored, which is `same` where f16 cannot hold the values; and the bytes planned
   */
  write(
    part: PlannedPart,
    onBytes: (done: number) => void,
  ): Promise<{ readonly form: StoredForm; readonly bytes: number }>;
};

/** Elements that are read and converted at a time. */
const chunkElements = 1 << 21;

/** @param signal stops reading between chunks */
export function createPartWriter(tensors: TensorSource, writer: ShardWriter, signal?: AbortSignal): PartWriter {
  /** Sliced tensors, of which all slices take one form, and whether f16 holds their values. */
  const sliced = new Map<string, boolean>();

  async function* chunks(name: string, [first, end]: RowRange): AsyncGenerator<HostTensor> {
    const shape = tensors.info(name)?.shape ?? [];
    const rowElements = shape.slice(1).reduce((product, size) => product * size, 1);
    const each = Math.max(1, Math.floor(chunkElements / Math.max(1, rowElements)));
    for (let row = first; row < end; row += each) {
      signal?.throwIfAborted();
      // Without rows where all are wanted: a tensor of no axes has none.
      const rows: RowRange = [row, Math.min(row + each, end)];
      yield rows[1] - rows[0] === (shape[0] ?? 1) ? tensors.read(name) : tensors.read(name, rows);
    }
  }

  async function fitsHalf(name: string): Promise<boolean> {
    for await (const chunk of chunks(name, allRows(tensors, name))) if (overflows(toHalfBits(chunk))) return false;
    return true;
  }

  /** Adds a part's tensors; false where f16 turns out not to hold it. */
  async function fill(part: PlannedPart, form: StoredForm, onShare: (share: number) => void): Promise<boolean> {
    const rows = part.rows ?? allRows(tensors, part.tensor);
    const targets = (form === part.form ? part.stored : [part.unchanged]).map((tensor) => writer.add(tensor));
    const places = targets.map(() => 0);
    let done = 0;
    for await (const chunk of chunks(part.tensor, rows)) {
      const converted = convert(chunk, form, part.tensor);
      if (!converted) {
        writer.remove(targets.length);
        return false;
      }
      for (const [i, bytes] of converted.entries()) {
        targets[i]?.set(bytes, places[i]);
        places[i] = (places[i] as number) + bytes.byteLength;
      }
      done += chunk.shape[0] ?? 1;
      onShare(done / (rows[1] - rows[0]));
    }
    assert(
      targets.every((target, i) => places[i] === target.byteLength),
      `${part.tensor}: ${places} bytes of ${targets.map((target) => target.byteLength)}`,
    );
    return true;
  }

  return {
    async write(part, onBytes) {
      const bytes = part.stored.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
      const onShare = (share: number) => onBytes(Math.floor(share * bytes));
      let { form } = part;
      if (form === "f16" && part.rows) {
        const fits = sliced.get(part.tensor) ?? (await fitsHalf(part.tensor));
        sliced.set(part.tensor, fits);
        if (!fits) form = "same";
      }
      if (!(await fill(part, form, onShare))) {
        form = "same";
        await fill(part, form, onShare);
      }
      return { form, bytes };
    },
  };
}

function allRows(tensors: TensorSource, name: string): RowRange {
  return [0, tensors.info(name)?.shape[0] ?? 1];
}

/** The bytes of each of a form's tensors for some rows; null where f16 cannot hold them. */
function convert(rows: HostTensor, form: StoredForm, name: string): Uint8Array[] | null {
  if (form === "same") return [rows.bytes];
  if (form === "f16") {
    const bits = toHalfBits(rows);
    return overflows(bits) ? null : [bytesOf(bits)];
  }
  const { data, scale } = quantise(toFloat32(rows), rows.shape[1] ?? 0, form);
  if (overflows(scale)) throw corruptFile("weights", `are damaged: tensor ${name} holds values that are too large`);
  return [data, bytesOf(scale)];
}

/** Whether there is an infinity or what is no number among bits of f16. */
function overflows(bits: Uint16Array): boolean {
  for (let i = 0; i < bits.length; i++) if (((bits[i] as number) & 0x7c00) === 0x7c00) return true;
  return false;
}

function bytesOf(words: Uint16Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
