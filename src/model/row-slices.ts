import { assert } from "../errors.ts";
import { corruptFile } from "./fields.ts";
import type { HostTensor, RowRange, TensorSource } from "./tensors.ts";

/** The name under which rows of a large tensor are stored, from `firstRow` on: `emb.weight@31744`. */
export function sliceName(name: string, firstRow: number): string {
  return `${name}@${firstRow}`;
}

type Slice = { readonly name: string; readonly first: number; readonly end: number };
type Joined = { readonly shape: readonly number[]; readonly dtype: string; readonly slices: readonly Slice[] };

/**
 * Sees tensors that are stored as slices of rows (`NAME@FIRSTROW`) as whole ones; all others as they are.
 *
 * @throws AuroraError `ModelCorrupt` where slices do not fit together
 */
export function joinRowSlices(source: TensorSource): TensorSource {
  const joined = joinAll(source);
  if (joined.size === 0) return source;
  const plain = source.names.filter((name) => splitName(name) === null);
  for (const name of plain) {
    if (joined.has(name))
      throw corruptFile("weights", `are damaged: tensor ${name} is stored both whole and in slices`);
  }
  return {
    names: [...plain, ...joined.keys()],
    info: (name) => joined.get(name) ?? (splitName(name) ? null : source.info(name)),
    read(name, rows) {
      const tensor = joined.get(name);
      return tensor ? readSlices(source, tensor, rows) : source.read(name, rows);
    },
  };
}

function splitName(name: string): { readonly base: string; readonly first: number } | null {
  const match = /^(.+)@(\d{1,15})$/.exec(name);
  return match ? { base: match[1] as string, first: Number(match[2]) } : null;
}

function joinAll(source: TensorSource): ReadonlyMap<string, Joined> {
  const groups = new Map<string, Slice[]>();
  for (const name of source.names) {
    const split = splitName(name);
    if (!split) continue;
    const rows = source.info(name)?.shape[0] ?? 0;
    const group = groups.get(split.base) ?? [];
    group.push({ name, first: split.first, end: split.first + rows });
    groups.set(split.base, group);
  }
  return new Map([...groups].map(([name, slices]) => [name, join(source, name, slices)]));
}

function join(source: TensorSource, name: string, slices: Slice[]): Joined {
  slices.sort((a, b) => a.first - b.first);
  const first = source.info(slices[0]?.name ?? "");
  assert(first, `${name} has slices`);
  const width = first.shape.slice(1);
  let rows = 0;
  for (const slice of slices) {
    const info = source.info(slice.name);
    const fits = info?.dtype === first.dtype && info.shape.slice(1).join() === width.join();
    if (slice.first !== rows || slice.end === rows || !fits)
      throw corruptFile("weights", `are damaged: ${slice.name} does not follow on ${rows} rows of ${name}`);
    rows = slice.end;
  }
  return { shape: [rows, ...width], dtype: first.dtype, slices };
}

async function readSlices(source: TensorSource, { shape, slices }: Joined, rows?: RowRange): Promise<HostTensor> {
  const [count = 0, ...width] = shape;
  const [first, end] = rows ?? [0, count];
  assert(0 <= first && first <= end && end <= count, `rows ${first} to ${end} of ${count}`);
  const [begin, ...more] = slices.filter((slice) => slice.first < end && slice.end > first);
  // No rows at all lie in no slice: any gives the type.
  if (!begin) return source.read(slices[0]?.name ?? "", [0, 0]);
  const readPart = (slice: Slice) =>
    source.read(slice.name, [Math.max(first, slice.first) - slice.first, Math.min(end, slice.end) - slice.first]);
  const part = await readPart(begin);
  if (more.length === 0) return part;
  let at = part.bytes.byteLength;
  const bytes = new Uint8Array((at / (part.shape[0] as number)) * (end - first));
  bytes.set(part.bytes);
  for (const slice of more) {
    const { bytes: next } = await readPart(slice);
    bytes.set(next, at);
    at += next.byteLength;
  }
  return { shape: [end - first, ...width], dtype: part.dtype, bytes };
}
