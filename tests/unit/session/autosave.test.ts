import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createAutosave } from "../../../src/session/autosave.ts";
import { openSessionFiles } from "../../../src/storage/session-files.ts";

vi.mock("../../../src/storage/session-files.ts", () => ({ openSessionFiles: vi.fn() }));

const written: string[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  written.length = 0;
  const write = async (content: Uint8Array) => void written.push(new TextDecoder().decode(content));
  vi.mocked(openSessionFiles).mockResolvedValue({ write, close: async () => undefined });
});
afterEach(() => vi.useRealTimers());

function start() {
  let content = "";
  const autosave = createAutosave("one", async () => new Blob([content]));
  return {
    autosave,
    due(next: string, urgent = false) {
      content = next;
      autosave.due(urgent);
    },
  };
}

it("saves what came between two saves once the time is up, and what cannot wait at once", async () => {
  const { due } = start();
  due("first");
  await vi.advanceTimersByTimeAsync(100);
  due("second");
  due("third");
  await vi.advanceTimersByTimeAsync(5000);
  expect(written).toEqual(["first"]);
  due("answer", true);
  await vi.advanceTimersByTimeAsync(0);
  expect(written).toEqual(["first", "answer"]);
  due("last");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(written).toEqual(["first", "answer", "last"]);
});

it("writes nothing more once it has ended", async () => {
  const { autosave, due } = start();
  due("first");
  await vi.advanceTimersByTimeAsync(0);
  due("second");
  await autosave.end(true);
  await vi.advanceTimersByTimeAsync(60_000);
  due("third", true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(written).toEqual(["first"]);
});
