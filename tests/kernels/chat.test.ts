import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/model/checkpoint.ts";
import { parseConfig } from "../../src/model/config.ts";
import { openRnn } from "../../src/rnn/rnn.ts";
import { createAsking } from "../../src/session/asking/asking.ts";
import { createTurnTree } from "../../src/session/asking/turn-tree.ts";
import type { Engine } from "../../src/session/engine.ts";
import { createMemory } from "../../src/session/memory/memory.ts";
import { createSearchSlot } from "../../src/session/seeing/search-slot.ts";
import { openTokenizer } from "../../src/text/open-tokenizer.ts";
import { createNoEncoder } from "../../src/vision/encoder.ts";
import { openNodeFiles } from "../../tools/node-files.ts";
import { testGpu } from "../gpu.ts";
import { noReels } from "../no-reels.ts";

const folder = "tests/fixtures/checkpoints/rwkv-world";

/** A model for text only as a session has it, but for what only a page needs. */
async function openTextOnly(): Promise<Engine> {
  const gpu = await testGpu();
  const files = await openNodeFiles([`${folder}/files`]);
  const checkpoint = await openCheckpoint(files, {
    worldVocabulary: () => Promise.reject(new Error("it has its own")),
  });
  const config = parseConfig(checkpoint.config);
  const tokenizer = openTokenizer(config.tokenizer, await checkpoint.tokenizer.read());
  const rnn = await openRnn(gpu, config.text, checkpoint.tensors, () => undefined);
  const encoder = createNoEncoder(gpu, config, "auto");
  const engine: Partial<Engine> = { gpu, config, tokenizer, encoder, rnn, search: createSearchSlot() };
  return engine as Engine;
}

it("a model for text only answers as BlinkDL's package does, and remembers what was said", async () => {
  const engine = await openTextOnly();
  const openSpill = () => Promise.reject(new Error("nothing is kept"));
  const memory = createMemory(engine, { keepBytes: 0, openSpill });
  const turns = createTurnTree();
  const asking = createAsking(engine, memory, { ready: async () => undefined, reels: noReels, turns });
  const expected = JSON.parse(readFileSync(`${folder}/reference/chat.json`, "utf8"));
  for (const { question, text, greedy } of expected) {
    let answer = "";
    const figures = await asking.ask(question, { maxTokens: 16 }, (piece) => {
      answer += piece;
    });
    expect(figures).toMatchObject({ frames: 0, tokens: 16, asOfSeconds: null });
    expect(answer).toBe(new TextDecoder().decode(Buffer.from(text, "hex")));
    // One that is cut gets the end that it lacks.
    expect(turns.all.at(-1)?.answer).toEqual([...greedy, 261]);
  }
  const frame = { close: () => undefined } as VideoFrame;
  await expect(memory.add(frame, 0, 0)).rejects.toMatchObject({ code: "ModelUnsupported" });
  await asking.close();
  await memory.destroy();
  engine.rnn.destroy();
});
