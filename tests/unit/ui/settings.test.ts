import { expect, test } from "vitest";
import { answerOptions, createSettings, defaultSettings, watchOptions } from "../../../src/ui/settings/settings.ts";

function shelf(text: string | null = null) {
  const items = new Map<string, string>();
  if (text !== null) items.set("auroralong.settings", text);
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

test("what was chosen holds on the next visit", () => {
  const kept = shelf();
  const settings = createSettings(kept);
  expect(settings.snapshot).toEqual(defaultSettings);
  settings.change({ fps: 0.5, theme: "light" });
  settings.change({ temperature: 0.7, motion: "reduced" });
  expect(createSettings(kept).snapshot).toEqual({
    ...defaultSettings,
    fps: 0.5,
    theme: "light",
    temperature: 0.7,
    motion: "reduced",
  });
});

test.each([
  ["no settings", "nonsense"],
  ["another kind", "[]"],
  ["nothing", "null"],
  [
    "settings of no kind",
    '{"fps":"fast","keepGib":null,"notes":1,"noteSeconds":"","maxTokens":"x","temperature":[],"theme":"pink","motion":1}',
  ],
])("%s in the browser's store is as nothing", (_what, text) => {
  expect(createSettings(shelf(text)).snapshot).toEqual(defaultSettings);
});

test("what is out of bounds is brought within", () => {
  const settings = createSettings(null);
  settings.change({ fps: 1000, keepGib: -1, maxTokens: 0.2, temperature: 9 });
  expect(settings.snapshot).toMatchObject({ fps: 30, keepGib: 0, maxTokens: 1, temperature: 2 });
});

test("a store that refuses is no hindrance", () => {
  const refuse = () => {
    throw new DOMException("no", "SecurityError");
  };
  const settings = createSettings({ getItem: refuse, setItem: refuse });
  settings.change({ maxTokens: 12 });
  expect(settings.snapshot.maxTokens).toBe(12);
});

test("they are options of watching and of asking", () => {
  expect(watchOptions({ ...defaultSettings, keepGib: 0.5 })).toEqual({
    keepBytes: 2 ** 29,
    notes: true,
    noteSeconds: 60,
    speech: false,
  });
  expect(watchOptions({ ...defaultSettings, fps: 3 })).toMatchObject({
    fps: 3,
    keepBytes: 2 ** 32,
  });
  expect(answerOptions({ ...defaultSettings, maxTokens: 5, temperature: 1 })).toEqual({ maxTokens: 5, temperature: 1 });
});
