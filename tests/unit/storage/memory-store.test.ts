import { expect, it } from "vitest";
import { createMemoryStore } from "../../../src/storage/memory-store.ts";
import { exerciseStore, expectedOfStore } from "../../exercise-store.ts";

it("does what every store does", async () => {
  expect(await exerciseStore(createMemoryStore())).toEqual(expectedOfStore);
});

it("takes no more than its limit, in all files together", async () => {
  const store = createMemoryStore(10);
  const first = await store.openWriter("a");
  await first.append(new Uint8Array(6));
  const second = await store.openWriter("b");
  await expect(second.append(new Uint8Array(5))).rejects.toMatchObject({ code: "StorageFull" });
  expect(second.byteLength).toBe(0);
  await second.append(new Uint8Array(4));
  await store.remove("a");
  await second.append(new Uint8Array(6));
  expect(second.byteLength).toBe(10);
});
