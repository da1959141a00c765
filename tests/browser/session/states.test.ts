import { expect, it } from "vitest";
import { createTensor, writeTensor } from "../../../src/gpu/tensor.ts";
import { rowStride } from "../../../src/kernels/row-stride.ts";
import { copyRnnState, createRnnState, type RnnState, readRnnState, writeRnnState } from "../../../src/rnn/state.ts";
import { createRnnWriter } from "../../../src/rnn/writer.ts";
import { createBranch } from "../../../src/session/asking/branch.ts";
import { planReading } from "../../../src/session/asking/reading.ts";
import { frameIndices } from "../../../src/session/memory/frame-tokens.ts";
import { createMemory, type Memory } from "../../../src/session/memory/memory.ts";
import { createAnswerText } from "../../../src/text/answer-text.ts";
import { memoryPrompt, nextTurnPrompt } from "../../../src/text/prompt.ts";
import { expectClose } from "../../close.ts";
import { noReels } from "../../no-reels.ts";
import { openWriter } from "../../open-writer.ts";
import { answer, askAbout, emptyMemory, engine, feed, viewOf } from "./memories.ts";

const { gpu, rnn, config, tokenizer } = engine;

async function expectEqualStates(found: RnnState, expected: RnnState, bound = 1e-5): Promise<void> {
  const [layers, reference] = await Promise.all([
    readRnnState(gpu, config.text, found),
    readRnnState(gpu, config.text, expected),
  ]);
  expect(layers).toHaveLength(config.text.numHiddenLayers);
  for (const [layer, values] of layers.entries()) expectClose(values, reference[layer] ?? [], bound);
}

it("asking, from memory or looking again, leaves what was watched as it is", async () => {
  const [asked, fresh] = [emptyMemory(), emptyMemory()];
  const asking = askAbout(asked);
  await feed(asked, 6);
  await answer(asking, "What do you see?");
  await feed(asked, 7);
  await answer(asking, "What comes first?", { from: "look-again" });
  await answer(asking, "What color is the background?");
  await feed(asked, 3);
  await feed(fresh, 16);
  await expectEqualStates(asked.state, fresh.state);
  await asking.close();
  for (const memory of [asked, fresh]) await memory.destroy();
});

it("frames give the same state however many are read at once", async () => {
  const [single, many] = [emptyMemory(), emptyMemory()];
  await feed(single, 9, 1);
  await feed(many, 9);
  await expectEqualStates(single.state, many.state);
  for (const memory of [single, many]) await memory.destroy();
});

it("the kept tokens read again give the state that watching gave", async () => {
  const memory = emptyMemory();
  await feed(memory, 5);
  const answers: string[] = [];
  for (const options of [{}, { at: 1e9 }, { at: 2 }]) {
    const asking = askAbout(memory);
    const { text, figures } = await answer(asking, "What happens in the video?", options);
    expect(figures.frames).toBe(5);
    answers.push(text);
    await asking.close();
  }
  expect(answers[0]?.length).toBeGreaterThan(10);
  expect(new Set(answers).size).toBe(1);
  await memory.destroy();
});

it("a state is a value: written into another memory, it is asked without a video", async () => {
  const [memory, opened] = [emptyMemory(), emptyMemory()];
  await feed(memory, 8);
  writeRnnState(gpu, config.text, opened.state, await readRnnState(gpu, config.text, memory.state));
  await expectEqualStates(opened.state, memory.state, 0);
  const answers: string[] = [];
  for (const each of [memory, opened]) {
    const asking = askAbout(each);
    answers.push((await answer(asking, "What happens in the video?")).text);
    await asking.close();
  }
  expect(answers[0]?.length).toBeGreaterThan(10);
  expect(answers[1]).toBe(answers[0]);
  for (const each of [memory, opened]) await each.destroy();
});

it("what was said is read between the frames, at its time", async () => {
  const speech = "\nSpoken: {speech}\n";
  const speaking = { ...engine, config: { ...config, prompt: { ...config.prompt, speech } } };
  const openSpill = () => Promise.reject(new Error("no disk"));
  const memory = createMemory(speaking, { keepBytes: 1 << 24, openSpill, keyStateInterval: 2 });
  const silent = emptyMemory();
  const say = (text: string, untilSeconds: number) => ({ text, fromSeconds: untilSeconds - 0.4, untilSeconds });
  memory.hear([say("Too early.", 0)]);
  await feed(memory, 3);
  memory.hear([say("Look there.", 1.2), say("It moves.", 1.4)]);
  await feed(memory, 3);
  memory.hear([say("The end.", 2.9)]);
  await memory.finish();
  await feed(silent, 6);
  expect(memory.lines.map(({ text, before }) => [before, text])).toEqual([
    [1, "Too early."],
    [3, "Look there."],
    [3, "It moves."],
    [6, "The end."],
  ]);

  // By hand: the frames' own tokens one after the other, and the texts where they belong.
  const byHand = openWriter(gpu, rnn, "test.by-hand");
  const rows = engine.encoder.tokensPerFrame;
  const table = createTensor(gpu, "test.frame", [rows, rowStride(config.text.hiddenSize)], "f16");
  const spoken: Readonly<Record<number, string>> = { 1: "Too early.", 3: "Look there. It moves." };
  for (let frame = 0; frame < 6; frame++) {
    writeTensor(gpu, table, (await memory.kept.read([frame])).tokens);
    const said = spoken[frame];
    const before = said ? tokenizer.encode(`\nSpoken: ${said}\n`) : [];
    byHand.read(Uint32Array.from([...before, ...frameIndices(config.text.vocabSize, rows, 1, [], true)]), table);
  }
  byHand.read(Uint32Array.from(tokenizer.encode("\nSpoken: The end.\n")));
  await expectEqualStates(memory.state, byHand.state);
  await expect(expectEqualStates(memory.state, silent.state, 1e-2)).rejects.toThrow();

  // Read again from the start, and from a key state, it is the same.
  const { signal } = new AbortController();
  const book = { prompt: speaking.config.prompt, tokenizer };
  const reread = createBranch(speaking, memory, noReels);
  const held = await readRnnState(gpu, config.text, memory.state);
  for (const [keyStates, start] of [
    [[], "empty"],
    [[1], { keyState: 1 }],
  ] as const) {
    const view = { ...viewOf(memory, false), keyStates, framesRead: 99 };
    const reading = { ...planReading({ question: "?", options: { at: 3 }, turns: [] }, view, book), after: [10] };
    expect(reading.start).toEqual(start);
    await reread.read(reading, signal);
    copyRnnState(gpu, memory.state, byHand.state);
    byHand.prompt(Uint32Array.from([10]));
    await expectEqualStates(reread.state, byHand.state);
  }
  expect(await readRnnState(gpu, config.text, memory.state)).toEqual(held);
  reread.destroy();
  byHand.destroy();
  table.destroy();
  for (const each of [memory, silent]) await each.destroy();
});

it("a range of seconds is answered as if there were no other frames", async () => {
  const memory = emptyMemory();
  await feed(memory, 8);
  const whole = askAbout(memory);
  // The frames at 1, 1.5 and 2 seconds, and no others.
  const tokens = { ...memory.kept, frames: () => [2, 3, 4] };
  const alone = askAbout({ ...memory, kept: tokens });
  for (const from of ["memory", "look-again"] as const) {
    const ranged = await answer(whole, "What happens in the video?", { from, range: [1, 2] });
    const expected = await answer(alone, "What happens in the video?", { from, range: [0, 1e9] });
    expect(ranged.figures.frames).toBe(3);
    expect(ranged.text).toEqual(expected.text);
    expect(ranged.text.length).toBeGreaterThan(10);
  }
  for (const asking of [whole, alone]) await asking.close();
  await memory.destroy();
});

it("three turns, with frames in between, are read one after the other behind all frames", async () => {
  const memory = emptyMemory();
  const asking = askAbout(memory);
  const questions = ["What do you see?", "Which way does it move?", "What is the background color?"];
  const answers: string[] = [];
  for (const question of questions) {
    await feed(memory, 4);
    answers.push((await answer(asking, question)).text);
  }
  // By hand: all frames, then each question with the answer that it got; the answer to the last one is written anew.
  const history: number[] = [];
  for (const [turn, question] of questions.entries()) {
    const prompt =
      turn === 0
        ? memoryPrompt(config.prompt, tokenizer, question).after
        : nextTurnPrompt(config.prompt, tokenizer, question);
    history.push(...prompt);
    if (turn < 2) history.push(...tokenizer.encode(answers[turn] ?? ""), ...config.prompt.stopIds);
  }
  expect(answers[2]?.length).toBeGreaterThan(10);
  expect(answers[2]).toBe(await writeBehind(memory, history));
  await asking.close();
  await memory.destroy();
});

/** What the model writes after a memory's state and some ids. */
async function writeBehind(memory: Memory, ids: readonly number[]): Promise<string> {
  const state = createRnnState(gpu, rnn.config, "test.expected");
  const writer = createRnnWriter(gpu, rnn, state, "test.expected", tokenizer.idLimit);
  copyRnnState(gpu, memory.state, state);
  writer.prompt(Uint32Array.from(ids));
  const answerText = createAnswerText(config.prompt, tokenizer);
  let text = "";
  for (let count = 0; count < 256; count++) {
    const [id = 0] = await writer.generate(1, { temperature: 0, topP: 1, random: Math.random });
    const piece = answerText.push(id);
    text += piece.text;
    if (piece.stopped) break;
  }
  writer.destroy();
  state.destroy();
  return text + answerText.finish();
}

it("a branch reads what it does not hold yet, and nothing of another memory's moment", async () => {
  const memory = emptyMemory();
  await feed(memory, 4);
  const signal = new AbortController().signal;
  const plan = (turns: readonly { question: string; answer: readonly number[] }[]) =>
    planReading({ question: "What do you see?", options: {}, turns }, viewOf(memory, false), {
      prompt: config.prompt,
      tokenizer,
    });
  const first = plan([]);
  const second = plan([{ question: "What do you see?", answer: [1, 2, 3] }]);
  const branch = createBranch(engine, memory, noReels);
  const write = { maxTokens: 6, choice: { temperature: 0, topP: 1, random: Math.random }, signal };
  const answerTo = async (reading: typeof first) => {
    expect(await branch.read(reading, signal)).toBe(memory.framesRead);
    return (await branch.write({ ...write, onToken: () => undefined, onText: () => undefined })).ids;
  };
  const [once, then] = [await answerTo(first), await answerTo(second)];
  expect([await answerTo(first), await answerTo(second)]).toEqual([once, then]);
  await feed(memory, 4);
  const later = await answerTo(first);
  const fresh = createBranch(engine, memory, noReels);
  await fresh.read(first, signal);
  expect(later).toEqual((await fresh.write({ ...write, onToken: () => undefined, onText: () => undefined })).ids);
  for (const each of [branch, fresh]) each.destroy();
  await memory.destroy();
});

it("many tokens at once give the state that one by one give, for hundreds", async () => {
  const [many, single] = [openWriter(gpu, rnn, "test.many"), openWriter(gpu, rnn, "test.single")];
  const ids = Uint32Array.from({ length: 512 }, (_, i) => (i * 7919 + 13) % config.text.vocabSize);
  many.prompt(ids);
  for (let i = 0; i < ids.length - 1; i++) single.read(ids.subarray(i, i + 1));
  single.prompt(ids.subarray(-1));
  await expectEqualStates(many.state, single.state);
  expectClose(await many.readLogits(), await single.readLogits(), 1e-4);
  for (const writer of [many, single]) writer.destroy();
});

it("numbers a frame's rows after the vocabulary", () => {
  expect([...frameIndices(100, 2, 2, [7], true)]).toEqual([100, 101, 7, 102, 103]);
  expect([...frameIndices(100, 2, 1, [7], false)]).toEqual([7, 100, 101]);
});
