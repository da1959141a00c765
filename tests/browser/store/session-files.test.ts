import { afterEach, expect, it } from "vitest";
import { readSessionFiles, removeSessionFiles } from "../../../src/storage/session-files.ts";
import type { SaveOrder } from "./session-files-worker.ts";

const id = "session-files-test";
const worker = new Worker(new URL("./session-files-worker.ts", import.meta.url), { type: "module" });

function save(order: Omit<SaveOrder, "id">): Promise<boolean> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ id, ...order });
  });
}

afterEach(async () => {
  worker.terminate();
  await removeSessionFiles(id);
});

it("what was saved last is found first, however alike it is to what was saved before, and the one before behind it", async () => {
  for (let value = 1; value <= 60; value++) {
    expect(await save({ value, length: 300_000 + (value % 3) * 96 })).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, value % 4 === 0 ? 120 : 5)); // times are in milliseconds
    const found = await readSessionFiles(id);
    const values = await Promise.all(
      found.map(async (file) => new Uint8Array(await file.slice(0, 1).arrayBuffer())[0]),
    );
    expect(values).toEqual(value === 1 ? [1] : [value, value - 1]);
  }
});
