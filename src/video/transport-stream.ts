import type { FoundPacket } from "./packet-index.ts";
import { transportStart } from "./sniff.ts";
import { withoutGaps } from "./transport-gaps.ts";

/** Far enough for the tables, which repeat every half second at most, of most streams. */
const searchedBytes = 1 << 20;

/** A time that lies this long before one that was decoded earlier is no reordering: the stream's clock began again. */
export const restartUs = 1e6;

type Layout = { readonly start: number; readonly step: number; readonly sync: number };

/**
 * A transport stream as readers want it: from its first whole packet on, nothing but packets, with its tables (PAT and PMT) in front where a picture
 * comes before them, as in what was cut out of a broadcast.
 */
export async function fromTables(file: Blob, signal?: AbortSignal): Promise<Blob> {
  const bytes = new Uint8Array(await file.slice(0, searchedBytes).arrayBuffer());
  const layout = layoutOf(bytes);
  if (!layout) return file;
  const { step } = layout;
  const whole = await withoutGaps(file, layout, signal);
  let tables: number[] = [];
  let tablesId = -1;
  let early = false;
  for (const at of packets(bytes, layout)) {
    const id = idOf(bytes, at);
    if (id === 0 && tables.length === 0) {
      tablesId = programTableId(bytes, at);
      tables = [at];
    } else if (id === tablesId && beginsUnit(bytes, at)) {
      tables.push(at);
      break;
    } else if (streamIdOf(bytes, at) !== null) early = true;
  }
  if (!early || tables.length < 2) return whole;
  const copies = tables.map((at) => file.slice(at - layout.sync, at - layout.sync + step));
  return new Blob([...copies, whole]);
}

/** The stream ids (ISO/IEC 13818-1, 2.4.3.7) with which packets of elementary streams begin: 0xe0 to 0xef are pictures. */
export async function streamIds(file: Blob): Promise<Set<number>> {
  const bytes = new Uint8Array(await file.slice(0, searchedBytes).arrayBuffer());
  const layout = layoutOf(bytes);
  const ids = layout ? packets(bytes, layout).map((at) => streamIdOf(bytes, at) ?? 0) : [];
  return new Set(ids);
}

/**
 * Packets whose clock begins again, where two recordings were joined or 33 bits ran out, moved behind what came before.
 *
 * @param found in decode order
 * @param onRestart told by how much the packets are moved from there on, in microseconds
 */
export function withoutRestarts(
  found: readonly FoundPacket[],
  onRestart: (shift: number) => void = () => undefined,
): FoundPacket[] {
  let shift = 0;
  let latest = Number.NEGATIVE_INFINITY;
  let begin = found[0]?.pts ?? 0;
  let count = 0;
  return found.map((packet) => {
    if (packet.key && packet.pts + shift < latest - restartUs) {
      // How long the last picture was shown nobody tells: as long as those before it.
      begin = latest + (latest - begin) / Math.max(1, count - 1);
      shift = begin - packet.pts;
      onRestart(shift);
      count = 0;
    }
    const pts = packet.pts + shift;
    latest = Math.max(latest, pts);
    count++;
    return { ...packet, pts };
  });
}

function layoutOf(bytes: Uint8Array): Layout | null {
  const start = transportStart(bytes.subarray(0, 4096));
  if (start < 0) return null;
  const wide = bytes[start + 188] !== 0x47;
  return { start, step: wide ? 192 : 188, sync: wide ? 4 : 0 };
}

/** Positions of the packets' sync bytes. */
function packets(bytes: Uint8Array, { start, step, sync }: Layout): number[] {
  const count = Math.floor((bytes.length - start) / step);
  return Array.from({ length: count }, (_, i) => start + sync + i * step);
}

function idOf(bytes: Uint8Array, at: number): number {
  return (((bytes[at + 1] ?? 0) & 31) << 8) | (bytes[at + 2] ?? 0);
}

function beginsUnit(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at + 1] ?? 0) & 0x40) !== 0;
}

/** Where the packet's payload begins. */
function payloadOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 3] ?? 0) & 0x20) === 0 ? at + 4 : at + 5 + (bytes[at + 4] ?? 0);
}

function streamIdOf(bytes: Uint8Array, at: number): number | null {
  const payload = payloadOf(bytes, at);
  const isStream =
    beginsUnit(bytes, at) && bytes[payload] === 0 && bytes[payload + 1] === 0 && bytes[payload + 2] === 1;
  return isStream ? (bytes[payload + 3] ?? null) : null;
}

/** The id of the packets that hold the first programme's table, by a packet with the table of programmes. */
function programTableId(bytes: Uint8Array, at: number): number {
  const section = payloadOf(bytes, at) + 1 + (bytes[payloadOf(bytes, at)] ?? 0);
  for (let entry = section + 8; entry < section + 40; entry += 4) {
    const program = ((bytes[entry] ?? 0) << 8) | (bytes[entry + 1] ?? 0);
    if (program !== 0) return (((bytes[entry + 2] ?? 0) & 31) << 8) | (bytes[entry + 3] ?? 0);
  }
  return -1;
}
