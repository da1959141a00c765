import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../src/model/config.ts";
import { openPictureSet, shuffleWords } from "../../../../src/session/probe/picture-set.ts";
import { listSettings } from "../../../../src/session/probe/settings.ts";

const nano = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));
const plain = { specialTokens: new Map<string, number>(), encode: () => [] };
const world = { ...plain, specialTokens: new Map([["<|65530|>", 65530]]) };
const list = (change: Record<string, unknown> = {}, tokenizer = plain) =>
  listSettings(parseConfig({ ...nano, ...change }), tokenizer);
const names = (settings: ReturnType<typeof list>) => settings.map(({ field, value }) => `${field} ${value}`);

describe("settings to be tried", () => {
  it("are the other values of what is assumed", () => {
    const found = names(list());
    for (const wanted of [
      "vision_config.fit stretch",
      "vision_config.fit letterbox",
      "vision_config.resample bilinear",
      "vision_config.image_mean CLIP",
      "vision_config.block_norm_eps 1e-5",
      "merge_config.order ascending, last",
      "merge_config.order descending, every-layer",
      "merge_config.order none",
      "merge_config.proportional_attention false",
      "prompt user",
      "prompt before",
      "prompt inside",
      'prompt.answer_lead ""',
    ])
      expect(found).toContain(wanted);
    expect(found).not.toContain("prompt answer"); // its own
    expect(found).not.toContain("prompt inside-with-marks"); // it has no marks
    expect(new Set(found).size).toBe(found.length);
  });

  it("name marks around pictures where the model's tokenizer has them", () => {
    expect(names(list({}, world))).toContain("prompt inside-with-marks");
  });

  it("leave merging alone where nothing is merged", () => {
    const { merge_config: _, ...unmerged } = nano;
    const found = names(listSettings(parseConfig(unmerged), plain));
    expect(found.filter((name) => name.startsWith("merge_config"))).toEqual([]);
  });

  it("try one token more a layer where all layers merge alike, as frames of 392 pixels would have", () => {
    const config = parseConfig({ ...nano, merge_config: { ...nano.merge_config, r: [8, 8, 8, 8, 8, 8] } });
    const more = listSettings(config, plain).find(({ field }) => field === "merge_config.r");
    expect(more?.assumptions).toEqual({ merge_config: { r: [9, 9, 9, 9, 9, 9] } });
    expect(names(list()).some((name) => name.startsWith("merge_config.r "))).toBe(false);
  });

  it("cut after resizing in released models, and before it in our own older ones", () => {
    const stretched = { ...nano.vision_config, fit: "stretch" };
    const crop = (vision_config: object) => list({ vision_config }).find(({ value }) => value === "crop")?.assumptions;
    expect(crop(stretched)).toEqual({ vision_config: { fit: "crop" } });
    expect(crop({ ...stretched, columns_first: false })).toEqual({ vision_config: { fit: "crop", resize_edge: 96 } });
  });

  it("all make a configuration that can be read", () => {
    for (const { assumptions } of list({}, world)) expect(() => parseConfig({ ...nano, assumptions })).not.toThrow();
  });
});

describe.each(["drawn", "photographs"] as const)("the set of %s", (name) => {
  const read = async (path: string) => new Uint8Array(readFileSync(`public/${path}`));

  it("has at least twelve small pictures with captions of their own, and words", async () => {
    const set = await openPictureSet({ read }, name);
    expect(set.pictures.length).toBeGreaterThanOrEqual(12);
    expect(new Set(set.pictures.map(({ caption }) => caption)).size).toBe(set.pictures.length);
    for (const { content } of set.pictures) expect(content.size).toBeLessThanOrEqual(40_000);
    expect(set.passage.every(({ text }) => text.length > 10)).toBe(true);
    expect(set.question).toMatch(/\w/);
  });
});

it("words are shuffled the same way each time, and none is lost", () => {
  const text = "The family of Dashwood had long been settled in Sussex.";
  const shuffled = shuffleWords(text);
  expect(shuffled).not.toBe(text);
  expect(shuffleWords(text)).toBe(shuffled);
  expect(shuffled.split(" ").sort()).toEqual(text.split(" ").sort());
});
