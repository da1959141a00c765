import { expect, test, vi } from "vitest";
import { handOver, withoutContained } from "../../../src/session/page/saved-sessions.ts";

const quick = { everyMs: 1, most: 20 };

test("a saved session is deleted once the one that goes on from it has saved itself, and not before", async () => {
  const kept = new Set(["old"]);
  const forget = vi.fn(async (id: string) => void kept.delete(id));
  const saved = { find: async (id: string) => (kept.has(id) ? {} : null), forget };
  let heir: string | null = null;
  const done = handOver("old", () => heir, saved, quick);
  await new Promise((resolve) => setTimeout(resolve, 5));
  heir = "new"; // known by its name, but nothing of it is on disk yet
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(forget).not.toHaveBeenCalled();
  kept.add("new");
  await done;
  expect([...kept]).toEqual(["new"]);
});

test("it stays where the other one never saves itself, as on a full disk", async () => {
  const forget = vi.fn(async () => undefined);
  await handOver("old", () => "new", { find: async () => null, forget }, quick);
  await handOver("old", () => null, { find: async () => ({}), forget }, quick);
  expect(forget).not.toHaveBeenCalled();
});

test("of sessions that went on from one another the newest is offered, unless an older one knows more", () => {
  const session = (savedMs: number, watchedUntilSeconds: number, questions = 0, lineage: string | null = "one") => ({
    savedMs,
    watchedUntilSeconds,
    questions,
    lineage,
  });
  const [newest, older, asked] = [session(9, 40, 1), session(5, 20), session(4, 10, 2)];
  const [other, before, another] = [session(6, 20, 0, "two"), session(3, 1, 0, null), session(2, 1, 0, null)];
  expect(withoutContained([asked, older, newest, other, another, before])).toEqual([
    [newest, other, asked, before, another],
    [older],
  ]);
});
