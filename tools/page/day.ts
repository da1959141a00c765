import { createAsking } from "../../src/session/asking/asking.ts";
import { type Engine, openEngine } from "../../src/session/engine.ts";
import { createMemory, type Memory } from "../../src/session/memory/memory.ts";
import { createSnapshotStore } from "../../src/session/page/snapshot-store.ts";
import { saveSession } from "../../src/session/saving.ts";

export type DayCommand = {
  readonly model: string;
  /** Goes on until so many frames, one a second by a simulated clock, have been read. */
  readonly until: number;
  readonly keepBytes: number;
  readonly keyStateBytes: number;
};

export type DayFigures = {
  readonly frames: number;
  readonly gpuBytes: number;
  readonly gpuBuffers: number;
  readonly keptFrames: number;
  readonly keptBytes: number;
  readonly keyStates: number;
  readonly keyStateBytes: number;
  /** Furthest from one key state to the next, in frames. */
  readonly keyStateGap: number;
  readonly scenes: number;
  /** Of the memory as a file. */
  readonly fileBytes: number;
  /** Longest that the page's copy of the timeline took to take a batch in, in milliseconds. */
  readonly applyMs: number;
  /** Frames behind an answer as of the middle, and whether a neighbouring key state gave it. */
  readonly asOf: { readonly seconds: number | null; readonly fromNeighbour: boolean };
};

type Day = {
  readonly engine: Engine;
  readonly memory: Memory;
  readonly page: ReturnType<typeof createSnapshotStore>;
  applyMs: number;
};

let day: Promise<Day> | null = null;

/** Has a memory see pictures of no video, and tells what it holds by then. The next call goes on with the same memory. */
export async function watchDay(command: DayCommand): Promise<DayFigures> {
  day ??= openDay(command);
  const opened = await day;
  const { engine, memory } = opened;
  for (let second = memory.framesRead; second < command.until; second++) await memory.add(picture(second), 0, second);
  await memory.settle();
  const { kept, keyStates, sceneStarts } = memory;
  const places = keyStates.frames();
  const file = await saveSession(engine, memory, () => ({ ...nothingElse, watchedUntilSeconds: command.until }));
  const { applyMs } = opened;
  opened.applyMs = 0;
  return {
    frames: memory.framesRead,
    gpuBytes: engine.gpu.ledger.bytes,
    gpuBuffers: engine.gpu.ledger.buffers,
    keptFrames: kept.count,
    keptBytes: kept.byteLength,
    keyStates: keyStates.count,
    keyStateBytes: keyStates.byteLength,
    keyStateGap: Math.max(...places.map((place, i) => place - (places[i - 1] ?? -1))),
    scenes: sceneStarts.length,
    fileBytes: file.size,
    applyMs,
    asOf: await askAsOf(opened, command.until / 2),
  };
}

const nothingElse = {
  video: null,
  sampling: { fps: 1 },
  notes: [],
  standing: [],
  transcript: [],
  conversation: [],
};

async function openDay({ model, keepBytes, keyStateBytes }: DayCommand): Promise<Day> {
  const engine = await openEngine({ model, encoder: "auto" });
  const openSpill = () => Promise.reject(new Error("the budgets fit into memory"));
  const memory = createMemory(engine, { keepBytes, keyStateBytes, openSpill });
  const page = createSnapshotStore(engine.model.stateBytes);
  const opened: Day = { engine, memory, page, applyMs: 0 };
  memory.subscribe((frames) => {
    const begin = performance.now();
    page.apply({ part: { framesWatched: memory.framesRead }, frames, pictureStep: memory.timeline.pictureStep });
    opened.applyMs = Math.max(opened.applyMs, performance.now() - begin);
  });
  return opened;
}

/** A small picture that changes from one second to the next, and altogether every five minutes. */
function picture(second: number): VideoFrame {
  const side = 32;
  const scene = Math.floor(second / 300);
  const bytes = new Uint8Array(side * side * 4);
  for (let i = 0; i < bytes.length; i++) {
    const wave = Math.sin((i * ((scene % 7) + 1)) / 50 + second / 20) * 40;
    bytes[i] = i % 4 === 3 ? 255 : ((scene * 97 * ((i % 4) + 1)) % 200) + wave + 28;
  }
  const size = { format: "RGBA" as const, codedWidth: side, codedHeight: side };
  return new VideoFrame(bytes, { ...size, timestamp: second * 1e6 });
}

async function askAsOf({ engine, memory }: Day, at: number): Promise<DayFigures["asOf"]> {
  const reels = { decodable: () => false, async *tokens() {} };
  const asking = createAsking(engine, memory, { ready: async () => undefined, reels });
  const figures = await asking.ask("What do you see?", { at, maxTokens: 4 }, () => undefined);
  await asking.close();
  return { seconds: figures.asOfSeconds, fromNeighbour: figures.fromNeighbour };
}
