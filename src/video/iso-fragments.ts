import { assert } from "../errors.ts";
import { childBoxes, findBox, fullBox, type TopLevelBox, uint64 } from "./iso-boxes.ts";
import type { SampleColumns } from "./sample-columns.ts";

/** What holds for a track's samples where a fragment does not say otherwise. */
type Defaults = {
  readonly format: number;
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
};

const nothing: Defaults = { format: 1, duration: 0, size: 0, flags: 0 };
const isNoKey = 0x10000;

/** Reads the fragments (`moof`, ISO/IEC 14496-12, 8.8) of one track after one another into `columns`. */
export class FragmentReader {
  readonly #trackId: number;
  readonly #columns: SampleColumns;
  readonly #fileSize: number;
  readonly #defaults = new Map<number, Defaults>();
  /** Time of decoding at which the next fragment starts that tells none. */
  #next: number;

  /**
   * @param moov in `view`, with the tracks' defaults
   * @param next where the samples of `moov` end, in units of the track's timescale
   */
  constructor(view: DataView, moov: TopLevelBox, trackId: number, columns: SampleColumns, fileSize: number, next = 0) {
    this.#trackId = trackId;
    this.#columns = columns;
    this.#fileSize = fileSize;
    this.#next = next;
    const mvex = findBox(view, moov, "mvex");
    for (const box of mvex ? childBoxes(view, mvex.start + mvex.headerBytes, mvex.end) : []) {
      if (box.type !== "trex" || box.end - box.start < 32) continue;
      const { at } = fullBox(view, box);
      const [id = 0, format = 1, duration = 0, size = 0, flags = 0] = [0, 4, 8, 12, 16].map((field) =>
        view.getUint32(at + field),
      );
      this.#defaults.set(id, { format, duration, size, flags });
    }
  }

  /**
   * Reads one fragment.
   *
   * @param view the `moof` box from its first byte on
   * @param position where it lies in the file
   * @throws Error where it is damaged; the samples before the damage have been read
   */
  read(view: DataView, moof: TopLevelBox, position: number): void {
    let dataEnd = position;
    for (const traf of childBoxes(view, moof.headerBytes, moof.end)) {
      if (traf.type === "traf") dataEnd = this.#readTrack(view, traf, position, dataEnd);
    }
  }

  /** Returns where the track's data in this fragment end; those of the next begin there if it does not say. */
  #readTrack(view: DataView, traf: TopLevelBox, position: number, dataEnd: number): number {
    const boxes = childBoxes(view, traf.start + traf.headerBytes, traf.end);
    const header = boxes.find((box) => box.type === "tfhd");
    assert(header, "a fragment without its header");
    const { flags, id, base, defaults } = this.#readHeader(view, header);
    const tfdt = boxes.find((box) => box.type === "tfdt");
    const time = tfdt ? decodeTime(view, tfdt) : this.#next;
    const moofIsBase = (flags & 0x20000) !== 0;
    const start = base ?? (moofIsBase ? position : dataEnd);
    const state = { start, offset: start, time, defaults, taken: id === this.#trackId };
    for (const box of boxes) if (box.type === "trun") readRun(view, box, state, this.#columns, this.#fileSize);
    if (state.taken) this.#next = state.time;
    return state.offset;
  }

  #readHeader(view: DataView, tfhd: TopLevelBox) {
    const { at, flags } = fullBox(view, tfhd);
    const id = view.getUint32(at);
    let field = at + 4;
    const told = (flag: number, bytes: 4 | 8): number | null => {
      if ((flags & flag) === 0) return null;
      field += bytes;
      return bytes === 8 ? uint64(view, field - 8) : view.getUint32(field - 4);
    };
    const base = told(1, 8);
    const usual = this.#defaults.get(id) ?? nothing;
    const defaults: Defaults = {
      format: told(2, 4) ?? usual.format,
      duration: told(8, 4) ?? usual.duration,
      size: told(0x10, 4) ?? usual.size,
      flags: told(0x20, 4) ?? usual.flags,
    };
    return { flags, id, base, defaults };
  }
}

function decodeTime(view: DataView, tfdt: TopLevelBox): number {
  const { at, version } = fullBox(view, tfdt);
  return version === 1 ? uint64(view, at) : view.getUint32(at);
}

/** Where a track's runs have come to: position in the file, and time of decoding. */
type RunState = {
  readonly start: number;
  offset: number;
  time: number;
  readonly defaults: Defaults;
  /** Whether the track is the one whose samples are wanted. */
  readonly taken: boolean;
};

/** Reads a run of samples, which lies behind the one before where it does not say where. */
function readRun(view: DataView, trun: TopLevelBox, state: RunState, columns: SampleColumns, fileSize: number): void {
  const { defaults } = state;
  const { at, flags } = fullBox(view, trun);
  const count = view.getUint32(at);
  let field = at + 4;
  const has = (flag: number) => (flags & flag) !== 0;
  const take = (): number => {
    field += 4;
    return view.getUint32(field - 4);
  };
  if (has(1)) state.offset = state.start + (take() | 0);
  const firstFlags = has(4) ? take() : null;
  const entryBytes = 4 * [0x100, 0x200, 0x400, 0x800].filter(has).length;
  assert(field + count * entryBytes <= trun.end, `a run of ${count} samples in ${trun.end - trun.start} bytes`);
  if (entryBytes === 0)
    assert(count * defaults.size <= fileSize, `a run of ${count} samples of ${defaults.size} bytes`);
  if (entryBytes === 0 && defaults.size === 0) {
    state.time += count * defaults.duration;
    return;
  }
  const format = defaults.format - 1;
  for (let i = 0; i < count; i++) {
    const duration = has(0x100) ? take() : defaults.duration;
    const size = has(0x200) ? take() : defaults.size;
    const told = has(0x400) ? take() : defaults.flags;
    const shown = state.time + (has(0x800) ? take() | 0 : 0);
    const key = ((i === 0 ? (firstFlags ?? told) : told) & isNoKey) === 0;
    if (state.taken) columns.add({ time: shown, duration, key, size, format, offset: state.offset });
    state.offset += size;
    state.time += duration;
  }
}
