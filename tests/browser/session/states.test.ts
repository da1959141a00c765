import { afterAll, expect, it } from "vitest";
import { readRnnState } from "../../../src/rnn/state.ts";
import { createRnnStream, type RnnStream } from "../../../src/rnn/stream.ts";
import { writeAnswer } from "../../../src/session/answer.ts";
import { createConversation } from "../../../src/session/conversation.ts";
import { openEngine } from "../../../src/session/engine.ts";
import { createFrameReader } from "../../../src/session/memory/frame-reader.ts";
import { frameByteLength, frameIndices } from "../../../src/session/memory/frame-tokens.ts";
import { createKeptTokens, type KeptTokens } from "../../../src/session/memory/kept-tokens.ts";
import { memoryPrompt, nextTurnPrompt } from "../../../src/text/prompt.ts";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { expectClose } from "../../close.ts";

const engine = await openEngine({ model: new URL("/models/nano/", location.href).href });
const { gpu, rnn, config, tokenizer } = engine;
const clip = await (await fetch("/tests/fixtures/clips/forty-seconds.mp4")).blob();
const before = { ...gpu.ledger };

afterAll(async () => {
  expect({ ...gpu.ledger }).toEqual(before);
  expect(openVideoFrameCount()).toBe(0);
  await engine.destroy();
});

type Memory = {
  readonly stream: RnnStream;
  readonly kept: KeptTokens;
  /** Reads the clip's next `count` frames, `batch` at a time (the largest batch when omitted). */
  read(count: number, batch?: number): Promise<void>;
  readonly framesRead: number;
  destroy(): void;
};

/** A state that frames are read into, as a session has one. */
function createMemory(): Memory {
  const stream = createRnnStream(gpu, rnn, "test.memory");
  const kept = createKeptTokens(frameByteLength(engine), 1 << 24, () => Promise.reject(new Error("no disk")));
  const reader = createFrameReader(engine, stream, kept, () => undefined);
  return {
    stream,
    kept,
    get framesRead() {
      return reader.framesRead;
    },
    async read(count, batch = count) {
      const video = await openVideo(clip);
      const first = reader.framesRead;
      let index = 0;
      for await (const { frame, timestampSeconds } of video.frames({ fps: config.sampling.fps }, {})) {
        if (index < first) frame.close();
        else {
          await reader.add(frame, video.info.rotation, timestampSeconds);
          if ((index + 1 - first) % batch === 0) await reader.flush();
        }
        if (++index === first + count) break;
      }
      await reader.flush();
      await reader.settle();
    },
    destroy() {
      reader.destroy();
      stream.destroy();
    },
  };
}

function conversationAbout(memory: Memory) {
  return createConversation(engine, {
    stream: memory.stream,
    kept: memory.kept,
    get framesRead() {
      return memory.framesRead;
    },
    times: Array.from({ length: memory.kept.frames }, (_, i) => i / config.sampling.fps),
  });
}

async function expectEqualStates(found: RnnStream, expected: RnnStream): Promise<void> {
  const [layers, reference] = await Promise.all([
    readRnnState(gpu, config.text, found.state),
    readRnnState(gpu, config.text, expected.state),
  ]);
  expect(layers).toHaveLength(config.text.numHiddenLayers);
  for (const [layer, values] of layers.entries()) expectClose(values, reference[layer] ?? [], 1e-5);
}

it("asking, from memory or looking again, leaves what was watched as it is", async () => {
  const [asked, fresh] = [createMemory(), createMemory()];
  const conversation = conversationAbout(asked);
  await asked.read(6);
  await conversation.ask("What do you see?", {}, () => undefined);
  await asked.read(7);
  await conversation.ask("What comes first?", { from: "look-again" }, () => undefined);
  await conversation.ask("What color is the background?", {}, () => undefined);
  await asked.read(3);
  await fresh.read(16);
  await expectEqualStates(asked.stream, fresh.stream);
  conversation.destroy();
  for (const memory of [asked, fresh]) memory.destroy();
});

it("frames give the same state however many are read at once", async () => {
  const [single, many] = [createMemory(), createMemory()];
  await single.read(9, 1);
  await many.read(9);
  await expectEqualStates(single.stream, many.stream);
  for (const memory of [single, many]) memory.destroy();
});

it("the kept tokens read again give the state that watching gave", async () => {
  const memory = createMemory();
  await memory.read(5);
  const answers: string[] = [];
  const question = "What happens in the video?";
  for (const options of [{}, { at: 1e9 }, { at: 2 }]) {
    const conversation = conversationAbout(memory);
    let answer = "";
    const figures = await conversation.ask(question, options, (text) => {
      answer += text;
    });
    expect(figures.frames).toBe(5);
    answers.push(answer);
    conversation.destroy();
  }
  expect(answers[0]?.length).toBeGreaterThan(10);
  expect(new Set(answers).size).toBe(1);
  memory.destroy();
});

it("a range of seconds is answered as if there were no other frames", async () => {
  const memory = createMemory();
  await memory.read(8);
  const part = createKeptTokens(frameByteLength(engine), 1 << 24, () => Promise.reject(new Error("no disk")));
  await part.append(await memory.kept.read(2, 5)); // the frames at 1, 1.5 and 2 seconds
  const whole = conversationAbout(memory);
  const alone = createConversation(engine, { stream: memory.stream, kept: part, framesRead: 3, times: [1, 1.5, 2] });
  for (const from of ["memory", "look-again"] as const) {
    const [found, expected] = [{ text: "" }, { text: "" }];
    const collect = (into: { text: string }) => (text: string) => {
      into.text += text;
    };
    const ranged = await whole.ask("What happens in the video?", { from, range: [1, 2] }, collect(found));
    await alone.ask("What happens in the video?", { from, at: 1e9 }, collect(expected));
    expect(ranged.frames).toBe(3);
    expect(found).toEqual(expected);
    expect(found.text.length).toBeGreaterThan(10);
  }
  for (const owner of [whole, alone, memory]) owner.destroy();
});

it("three turns, with frames in between, are read one after the other behind all frames", async () => {
  const memory = createMemory();
  const conversation = conversationAbout(memory);
  const questions = ["What do you see?", "Which way does it move?", "What is the background color?"];
  const answers: string[] = [];
  for (const question of questions) {
    await memory.read(4);
    let answer = "";
    await conversation.ask(question, {}, (text) => {
      answer += text;
    });
    answers.push(answer);
  }
  // By hand: all frames, then each question with the answer that it got; the answer to the last one is written anew.
  const expected = createRnnStream(gpu, rnn, "test.expected");
  expected.copyFrom(memory.stream);
  const history: number[] = [];
  let text = "";
  for (const [turn, question] of questions.entries()) {
    const prompt =
      turn === 0
        ? memoryPrompt(config.prompt, tokenizer, question).after
        : nextTurnPrompt(config.prompt, tokenizer, question);
    history.push(...prompt);
    if (turn < 2) history.push(...tokenizer.encode(answers[turn] ?? ""), ...config.prompt.stopIds);
  }
  expected.read(Uint32Array.from(history), { logits: true });
  const onText = (piece: string) => {
    text += piece;
  };
  await writeAnswer(engine, expected, {}, { frames: 12, startMs: 0, onText });
  expect(answers[2]?.length).toBeGreaterThan(10);
  expect(answers[2]).toBe(text);
  conversation.destroy();
  expected.destroy();
  memory.destroy();
});

it("many tokens at once give the state that one by one give, for hundreds", async () => {
  const [many, single] = ["many", "single"].map((name) => createRnnStream(gpu, rnn, `test.${name}`)) as [
    RnnStream,
    RnnStream,
  ];
  const ids = Uint32Array.from({ length: 512 }, (_, i) => (i * 7919 + 13) % config.text.vocabSize);
  many.read(ids, { logits: true });
  for (let i = 0; i < ids.length; i++) single.read(ids.subarray(i, i + 1), { logits: i === ids.length - 1 });
  await expectEqualStates(many, single);
  expectClose(await many.readLogits(), await single.readLogits(), 1e-4);
  for (const stream of [many, single]) stream.destroy();
});

it("numbers a frame's rows after the vocabulary", () => {
  expect([...frameIndices(100, 2, 2, [7], true)]).toEqual([100, 101, 7, 102, 103]);
  expect([...frameIndices(100, 2, 1, [7], false)]).toEqual([7, 100, 101]);
});
