import { beforeAll, describe, expect, it } from "vitest";
import type { TextConfig } from "../../../src/model/config.ts";
import { writeSafetensors } from "../../../src/model/safetensors-writer.ts";
import { stateByteLength } from "../../../src/rnn/state.ts";
import { type MemoryContent, readMemoryFile, writeMemoryFile } from "../../../src/session/memory/memory-file.ts";
import { packTimes, unpackTimes } from "../../../src/session/memory/saved-memory.ts";
import { randomFloats } from "../../close.ts";

const sizes = { hiddenSize: 64, headSize: 32, intermediateSize: 96, vocabSize: 50 };
const config: TextConfig = { modelType: "rwkv6", numHiddenLayers: 2, ...sizes };
const model = { name: "tiny", sha256: "ab".repeat(32), quantization: "f16" };

function contentOf(text: TextConfig, frames: number): MemoryContent {
  const times = Array.from({ length: frames }, (_, i) => (i / 3) * 1e6).map((us) => us / 1e6);
  return {
    lineage: "one",
    video: {
      name: "Ferien – été.mp4",
      container: "MP4",
      codec: "avc1.64001f",
      width: 640,
      height: 360,
      durationSeconds: frames / 3,
      offsetSeconds: 0,
      firstFrame: 0,
    },
    parts: [
      { name: "Ferien.mp4", startSeconds: 0, durationSeconds: 0.5 },
      { name: "été.mp4", startSeconds: 0.5, durationSeconds: 1 },
    ],
    watchedUntilSeconds: times.at(-1) ?? 0,
    fps: 3,
    frames: null,
    timeline: {
      seconds: packTimes(times),
      change: times.map((_, i) => (i * 37) % 400),
      distance: times.map((_, i) => (i * 91) % 900),
      scenes: [2],
    },
    notes: [{ id: 1, fromSeconds: 0, untilSeconds: 0.6, text: 'A "pig".', edited: false }],
    standing: [{ id: 1, question: "Who is there?", answers: [{ atSeconds: 0.5, text: "A pig." }] }],
    transcript: [{ fromSeconds: 0, untilSeconds: 1, text: "Oink." }],
    spoken: {
      heardUntilSeconds: 2.5,
      lines: [
        { fromSeconds: 0, untilSeconds: 1, text: "Oink, oink.", words: [["Oink,", 0, 0.4]], edited: false },
        { fromSeconds: 1.25, untilSeconds: 2, text: "A pig says so.", words: null, edited: true },
      ],
    },
    conversation: [{ id: 1, parent: 0, question: "What?", text: "A pig.", asOfSeconds: 1, answer: [3, 4, 0] }],
    state: Array.from({ length: text.numHiddenLayers }, (_, n) =>
      randomFloats((2 + text.headSize) * text.hiddenSize, n + 1, 4),
    ),
    thumbnails: new Map([
      [0, Uint8Array.of(255, 216, 1)],
      [2, Uint8Array.of(255, 216, 2, 9)],
    ]),
  };
}

const content = contentOf(config, 4);
let file: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  file = await writeMemoryFile(content, model, config);
});

const open = (bytes: Uint8Array<ArrayBuffer>) => readMemoryFile(new Blob([bytes]), model, config);
const refused = (code: string, sentence = /^[A-Z].*\.$/s) => ({ code, message: expect.stringMatching(sentence) });

describe("a memory file", () => {
  it("gives back all that was written", async () => {
    expect(await open(file.slice())).toEqual(content);
  });

  it("is a safetensors file that says what it is", () => {
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    expect(header["state.1"]).toMatchObject({ dtype: "F32", shape: [34, 64] });
    expect(header["thumbnail.2"]).toMatchObject({ dtype: "U8", shape: [4] });
    expect(JSON.parse(header.__metadata__.auroralong)).toMatchObject({
      version: 1,
      model,
      fps: 3,
      watchedUntilSeconds: 1,
    });
  });

  it("of before, which knew of no files and of nothing that was said, opens too", async () => {
    const { spoken: _, parts: __, lineage: ___, ...older } = content;
    const before = await writeMemoryFile(older as MemoryContent, model, config);
    expect(await open(before)).toEqual({
      ...content,
      lineage: null,
      parts: [],
      spoken: { lines: [], heardUntilSeconds: 0 },
    });
  });

  it("is refused where it was cut off, at two hundred places, with a sentence", async () => {
    for (let place = 0; place < 200; place++) {
      const cut = file.slice(0, Math.floor((place / 200) * file.length));
      await expect(open(cut), `cut at ${cut.length}`).rejects.toMatchObject(refused("MemoryUnreadable"));
    }
  });

  it("is refused where bits were flipped, wherever they lie", async () => {
    const places = [
      ...Array(600).keys(),
      ...Array.from({ length: 200 }, (_, i) => Math.floor((i / 200) * file.length)),
    ];
    for (const place of places) {
      const flipped = file.slice();
      flipped[place] = (flipped[place] as number) ^ (1 << (place % 8));
      await expect(open(flipped), `byte ${place}`).rejects.toMatchObject(refused("MemoryUnreadable"));
    }
  });

  it("is refused under another model, and under another form or version of its own, by name", async () => {
    const under = (other: Partial<typeof model>) =>
      readMemoryFile(new Blob([file]), { ...model, sha256: "cd".repeat(32), ...other }, config);
    const code = "MemoryOfAnotherModel";
    await expect(under({ name: "other" })).rejects.toMatchObject(
      refused(code, /the model tiny as f16, and other as f16/),
    );
    await expect(under({ quantization: "int4" })).rejects.toMatchObject(refused(code, /tiny as f16, and tiny as int4/));
    await expect(under({})).rejects.toMatchObject(refused(code, /another version of tiny/));
  });

  it("of a future version is refused as such", async () => {
    const text = new TextDecoder("latin1").decode(file).replace('\\"version\\":1', '\\"version\\":7');
    const later = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const known = new Uint8Array(later.length).map((_, i) => (later[i] as number) & 255);
    await expect(open(known)).rejects.toMatchObject(refused("MemoryUnreadable", /newer version.*format 7/));
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["a text", new TextEncoder().encode("It was a dark and stormy night.\n".repeat(40))],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 1, 2, 3)],
    ["weights", writeSafetensors([{ name: "emb.weight", shape: [2], data: new Float32Array(2) }])],
    ["someone else's", writeSafetensors([], { auroralong: '{"version":1}' })],
    ["no description", writeSafetensors([], { auroralong: "{" })],
  ])("is not %s", async (_, bytes) => {
    await expect(open(new Uint8Array(bytes))).rejects.toMatchObject(refused("MemoryUnreadable"));
  });
});

it("times come back to a microsecond, in few numbers where they are even", () => {
  const even = Array.from({ length: 86_400 }, (_, i) => ((i / 30) * 1e6) / 1e6);
  expect(packTimes(even)).toHaveLength(1);
  const odd = [0.25, 1, 1.5, 2, 9, 9.1, 9.2, 9.3, 100];
  for (const times of [even, odd, [3], []]) {
    const back = unpackTimes(packTimes(times));
    expect(back).toHaveLength(times.length);
    expect(Math.max(0, ...times.map((time, i) => Math.abs((back[i] as number) - time)))).toBeLessThan(1e-6);
  }
});

it("of the 2B model takes 12.4 MiB after an hour, without its pictures (docs/numbers.md)", async () => {
  const large: TextConfig = { modelType: "rwkv6", ...sizes, hiddenSize: 2048, headSize: 64, numHiddenLayers: 24 };
  const hour = await writeMemoryFile({ ...contentOf(large, 7200), thumbnails: new Map() }, model, large);
  expect(stateByteLength(large)).toBe(12_976_128);
  expect(hour.length).toBe(13_034_208);
});
