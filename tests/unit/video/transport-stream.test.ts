import { expect, test } from "vitest";
import type { FoundPacket } from "../../../src/video/packet-index.ts";
import { presentation } from "../../../src/video/sample-plan.ts";
import { sniff } from "../../../src/video/sniff.ts";
import { readTrackIndex } from "../../../src/video/track-index.ts";
import { fromTables, streamIds, withoutRestarts } from "../../../src/video/transport-stream.ts";
import { media } from "./media.ts";

const kindOf = async (file: Blob) => sniff(new Uint8Array(await file.slice(0, 4096).arrayBuffer())).kind;

async function pictures(file: Blob): Promise<number> {
  const source = await readTrackIndex(file);
  source.close();
  return source.index.pts.length;
}

test("a stream cut out of a longer one is read from its first whole packet on", async () => {
  const file = await media("h264.mpegts");
  const later = file.slice(188 * 3 - 50);
  expect(await kindOf(later)).toBe("mpeg-ts");
  // The first tables were cut off, and the picture comes before the next ones: these are put in front.
  const whole = await fromTables(later);
  expect(whole.size).toBe(later.size - 50 + 2 * 188);
  expect(await pictures(whole)).toBe(30);
  expect(await fromTables(file)).toBe(file);
});

// ffmpeg reads all 30 pictures of each, but for the last: of that, those of the packets that are whole.
test("what lies before, between and behind a stream's packets is passed over", async () => {
  const file = await media("h264.mpegts");
  const junk = (length: number) => new Uint8Array(length).fill(0x33);
  const cut = (...parts: (Blob | Uint8Array<ArrayBuffer>)[]) => new Blob(parts);
  expect(await kindOf(cut(junk(777), file))).toBe("mpeg-ts");
  const middle = 188 * Math.floor(file.size / 376);
  for (const spoilt of [
    cut(junk(777), file),
    cut(file, new Uint8Array(4096)),
    cut(file, junk(5000)),
    cut(file.slice(0, middle), junk(1), file.slice(middle)),
    cut(file.slice(0, middle), junk(3 << 20), file.slice(middle)),
  ]) {
    const whole = await fromTables(spoilt);
    expect(whole.size).toBe(file.size);
    expect(await pictures(whole)).toBe(30);
  }
  const short = await fromTables(cut(file.slice(0, middle), file.slice(middle + 50)));
  expect(short.size).toBe(file.size - 188);
  expect(await pictures(short)).toBe(30);
});

test("a stream whose picture comes before its tables is read", async () => {
  const file = await media("h264.mpegts");
  const bytes = new Uint8Array(await file.arrayBuffer());
  const packet = (i: number) => bytes.subarray(i * 188, (i + 1) * 188);
  const id = (i: number) => (((packet(i)[1] ?? 0) & 31) << 8) | (packet(i)[2] ?? 0);
  const count = bytes.length / 188;
  const tables = [...Array(count).keys()].filter((i) => id(i) === 0 || id(i) === 0x1000).slice(0, 2);
  const isPicture = (i: number) => id(i) === 0x100;
  const first = [...Array(count).keys()].findIndex(isPicture);
  const rest = [...Array(count).keys()].filter((i) => !tables.includes(i));
  const order = [first, ...tables, ...rest.filter((i) => i !== first)];
  const late = new Blob(order.map((i) => packet(i) as Uint8Array<ArrayBuffer>));
  expect(await pictures(await fromTables(late))).toBe(30);
});

test("sound is not taken for a picture by what its tables' bytes look like", async () => {
  const file = await media("sound-only.mpegts");
  const bytes = Buffer.from(await file.arrayBuffer());
  expect(bytes.indexOf(Buffer.from([0, 0, 1, 0xe1]))).toBeGreaterThan(0);
  expect([...(await streamIds(file))].filter((id) => id >= 0xe0)).toEqual([]);
  await expect(readTrackIndex(file)).rejects.toThrow("no video track");
});

const packet = (seconds: number, key = false): FoundPacket => ({
  pts: seconds * 1e6,
  duration: null,
  key,
  size: 1,
  format: 0,
  offset: Number.NaN,
});
const seconds = (packets: readonly FoundPacket[]) => packets.map(({ pts }) => Math.round(pts / 1e3) / 1e3);

test("times that begin again follow what came before, at its pace", () => {
  const twice = [packet(5, true), packet(5.4), packet(5.2), packet(1, true), packet(1.4), packet(1.2)];
  expect(seconds(withoutRestarts(twice))).toEqual([5, 5.4, 5.2, 5.6, 6, 5.8]);
});

test("a clock of 33 bits that runs out goes on", () => {
  const turn = 2 ** 33 / 90_000;
  const wrapped = [turn - 0.4, turn - 0.2, 0, 0.2].map((time, i) => packet(time, i % 2 === 0));
  const times = seconds(withoutRestarts(wrapped));
  expect(times.map((time) => Math.round((time - (times[0] ?? 0)) * 10))).toEqual([0, 2, 4, 6]);
});

test("a clock that runs out on the way leaves what came before it", async () => {
  const bytes = new Uint8Array(await (await media("h264.mpegts")).arrayBuffer());
  const { index } = await readTrackIndex(turnClock(bytes, 2 ** 33 - 3 * 90_000));
  const shown = presentation(index);
  expect(shown.packets.length).toBe(30);
  expect([...shown.times].map((time) => Math.round(time / 1e5))).toEqual([...Array(30).keys()]);
});

/** A transport stream whose PES packets are shown `ticks` of the 90 kHz clock later, which has 33 bits. */
function turnClock(bytes: Uint8Array<ArrayBuffer>, ticks: number): Blob {
  const later = bytes.slice();
  const add = (at: number) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = later.subarray(at, at + 5);
    const time = ((a >> 1) & 7) * 2 ** 30 + ((b << 7) | (c >> 1)) * 2 ** 15 + ((d << 7) | (e >> 1));
    const moved = (time + ticks) % 2 ** 33;
    const [high, middle, low] = [Math.floor(moved / 2 ** 30), Math.floor(moved / 2 ** 15) & 0x7fff, moved & 0x7fff];
    const marked = [(a & 0xf1) | (high << 1), middle >> 7, ((middle & 127) << 1) | 1, low >> 7, ((low & 127) << 1) | 1];
    later.set(marked, at);
  };
  for (let at = 0; at < later.length; at += 188) {
    const payload = at + 4 + (((later[at + 3] ?? 0) & 0x20) === 0 ? 0 : 1 + (later[at + 4] ?? 0));
    if (((later[at + 1] ?? 0) & 0x40) === 0 || later[payload] !== 0 || later[payload + 2] !== 1) continue;
    const flags = later[payload + 7] ?? 0;
    if ((flags & 0x80) !== 0) add(payload + 9);
    if ((flags & 0x40) !== 0) add(payload + 14);
  }
  return new Blob([later]);
}

test("pictures that are shown before their key packet are no restart", () => {
  const open = [packet(0, true), packet(0.2), packet(1, true), packet(0.6), packet(0.8)];
  expect(seconds(withoutRestarts(open))).toEqual([0, 0.2, 1, 0.6, 0.8]);
});
