import { describe, expect, it } from "vitest";
import { toFloat32 } from "../../src/model/half.ts";
import { openSafetensors } from "../../src/model/safetensors.ts";
import type { TensorSource } from "../../src/model/tensors.ts";
import { createAsking } from "../../src/session/asking/asking.ts";
import { type Engine, openEngine } from "../../src/session/engine.ts";
import { createMemory } from "../../src/session/memory/memory.ts";
import type { EncoderBackend } from "../../src/session/types.ts";
import { openVideo } from "../../src/video/open-video.ts";
import { dumpTensors } from "../../tools/page/dump.ts";
import { relativeError } from "../close.ts";
import { noReels } from "../no-reels.ts";

/** Models of every odd shape and every option of `merge_config`, with what PyTorch computes from each. */
const models = Object.keys(import.meta.glob("../fixtures/models/*/config.json", { query: "?url" })).map(
  (path) => path.split("/").at(-2) as string,
);

/** The encoder by itself is compared on both backends elsewhere; here some suffice to see that the rest takes either. */
const onGpu = ["odd-widths", "released-quirks", "own-eps", "last-descending", "goose-odd"];

/** Models with PyTorch's likelihoods of some answers. */
const scored = ["goose", "goose-odd"];

type Answer = { readonly question: string; readonly ids: readonly number[]; readonly text: string };

it("finds the models", () => expect(models.length).toBeGreaterThanOrEqual(9));

describe.each([
  ["wasm", models],
  ["webgpu", onGpu],
] as const)("with the encoder on %s", (backend, names) => {
  it.each(names)("computes and answers as PyTorch does: %s", async (name) => {
    const folder = `/tests/fixtures/models/${name}/`;
    const engine = await open(folder, backend);
    try {
      const pictures = await fetchPictures(`${folder}reference/`);
      const { prompt_ids: promptIds } = await fetchJson<{ prompt_ids: number[] }>(`${folder}reference/prompt.json`);
      await expectTensors(engine, pictures, promptIds, await openTensors(`${folder}reference/tensors.safetensors`));

      const greedy = await fetchJson<{ memory: Answer; lookAgain: Answer }>(`${folder}reference/greedy.json`);
      const answers = await askAbout(engine, pictures, greedy.memory.question, greedy.lookAgain.question);
      expect(answers.memory).toEqual({ text: greedy.memory.text, tokens: greedy.memory.ids.length });
      expect(answers.lookAgain).toEqual({ text: greedy.lookAgain.text, tokens: greedy.lookAgain.ids.length });
      if (scored.includes(name)) await expectScores(engine, pictures, `${folder}reference/`);
    } finally {
      await engine.destroy();
    }
  });
});

it("computes as PyTorch does: all frames of a sample through the embedded model", async () => {
  const engine = await open("/models/nano/", "auto");
  try {
    const folder = "/tests/fixtures/nano/counting/";
    const pictures = await fetchPictures(folder);
    expect(pictures).toHaveLength(8);
    const { prompt_ids: promptIds } = await fetchJson<{ prompt_ids: number[] }>(`${folder}prompt.json`);
    await expectTensors(engine, pictures, promptIds, await openTensors(`${folder}tensors.safetensors`));
    await expectScores(engine, pictures, folder);
  } finally {
    await engine.destroy();
  }
});

function open(folder: string, encoder: EncoderBackend): Promise<Engine> {
  return openEngine({ model: new URL(folder, location.href).href, encoder, encoderPrecision: "f32" });
}

/** Compares every tensor of the reference with the dump's tensor of that name. */
async function expectTensors(
  engine: Engine,
  pictures: readonly Blob[],
  promptIds: readonly number[],
  reference: TensorSource,
): Promise<void> {
  const dumped = await dumpTensors(engine, pictures, promptIds);
  expect(dumped.map(({ name }) => name)).toEqual(expect.arrayContaining([...reference.names]));
  expect(dumped.filter(({ name }) => name.startsWith("state."))).toHaveLength(engine.config.text.numHiddenLayers);
  for (const name of reference.names) {
    const tensor = dumped.find((each) => each.name === name);
    const { shape, ...data } = await reference.read(name);
    const expected = toFloat32({ shape, ...data });
    if (!tensor) throw new Error(`${name} is not dumped`);
    expect({ name, shape: tensor.shape }).toEqual({ name, shape });
    if (name === "sizes") expect(tensor.data).toEqual(expected);
    else if (name === "pixels")
      expect(Math.max(...tensor.data.map((value, i) => Math.abs(value - (expected[i] as number))))).toBeLessThan(1e-6);
    else expect({ name, far: relativeError(tensor.data, expected) > 1e-5 }).toEqual({ name, far: false });
  }
}

/** Reads the pictures as a video's frames, and asks as a session does. */
async function askAbout(engine: Engine, pictures: readonly Blob[], memoryQuestion: string, lookAgain: string) {
  const { asking, close } = await watchPictures(engine, pictures);
  const ask = async (question: string, from: "memory" | "look-again") => {
    let text = "";
    const { tokens } = await asking.ask(question, { from, maxTokens: 12 }, (piece) => {
      text += piece;
    });
    return { text, tokens };
  };
  const answers = { memory: await ask(memoryQuestion, "memory"), lookAgain: await ask(lookAgain, "look-again") };
  await close();
  return answers;
}

type Score = { readonly logLikelihood: number; readonly tokens: number };

/** Holds likelihoods of given answers to the reference's, also between and after answers that are written. */
async function expectScores(engine: Engine, pictures: readonly Blob[], folder: string): Promise<void> {
  const expected = await fetchJson<{ question: string; answers: string[]; memory: Score[]; lookAgain: Score[] }>(
    `${folder}scores.json`,
  );
  const { question, answers } = expected;
  const { asking, close } = await watchPictures(engine, pictures);
  const say = async () => {
    let text = "";
    await asking.ask(question, { maxTokens: 12 }, (piece) => {
      text += piece;
    });
    asking.reset();
    return text;
  };
  const before = await say();
  for (const [from, scores] of [
    ["memory", expected.memory],
    ["look-again", expected.lookAgain],
    ["memory", expected.memory],
  ] as const) {
    const found = await asking.score(question, answers, { from });
    for (const [i, { logLikelihood, tokens }] of scores.entries()) {
      expect(found[i]).toMatchObject({ answer: answers[i], tokens });
      expect(Math.abs((found[i]?.logLikelihood ?? 0) - logLikelihood)).toBeLessThan(1e-3);
    }
  }
  expect(await say()).toBe(before);
  await close();
}

async function watchPictures(engine: Engine, pictures: readonly Blob[]) {
  const openSpill = () => Promise.reject(new Error("no disk"));
  const memory = createMemory(engine, { keepBytes: 1 << 24, openSpill });
  for (const [second, picture] of pictures.entries()) {
    const video = await openVideo(picture);
    for await (const { frame, rotation } of video.frames({ frames: 1 }, {})) await memory.add(frame, rotation, second);
    video.close();
  }
  await memory.settle();
  const asking = createAsking(engine, memory, { ready: async () => undefined, reels: noReels });
  const close = async () => {
    await asking.close();
    await memory.destroy();
  };
  return { asking, close };
}

async function fetchPictures(folder: string): Promise<Blob[]> {
  const pictures: Blob[] = [];
  for (;;) {
    const response = await fetch(`${folder}frame-${pictures.length}.png`);
    if (!response.headers.get("content-type")?.startsWith("image/")) return pictures;
    pictures.push(await response.blob());
  }
}

async function fetchJson<T>(url: string): Promise<T> {
  return (await fetch(url)).json() as Promise<T>;
}

async function openTensors(url: string): Promise<TensorSource> {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  return openSafetensors({
    name: url,
    byteLength: bytes.byteLength,
    read: async (begin, end) => bytes.subarray(begin, end),
  });
}
