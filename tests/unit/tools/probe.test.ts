import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isIntact, readDigests } from "../../../src/library/digests.ts";
import { parseConfig } from "../../../src/model/config.ts";
import type { ProbeReport } from "../../../src/session/types.ts";
import type { Host } from "../../../tools/host.ts";
import { probe } from "../../../tools/probe.ts";
import { writeCase } from "../../../tools/probe-cases.ts";

const stretch = {
  field: "vision_config.fit",
  value: "stretch",
  label: "pictures stretched to squares",
  assumptions: { vision_config: { fit: "stretch" } },
};
const report: ProbeReport = {
  model: "m",
  verdict: "better-setting",
  sentence: "m reads, and would rather be stretched.",
  language: { loss: 3, shuffledLoss: 7, tokens: 300 },
  pictures: { count: 12, top1: 9, loss: 2, error: 0.1, gain: 1 },
  settings: [],
  notices: [],
  proposal: stretch,
  cost: { frames: 12, tokens: 1000, seconds: 3 },
};

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aurora-probe-"));
  writeFileSync(join(folder, "config.json"), readFileSync("public/models/nano/config.json"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the tool on a browser that answers with `found`. */
async function run(args: readonly string[], found = report) {
  const [printed, warned, asked]: [string[], string[], unknown[]] = [[], [], []];
  const page = { on: () => undefined, off: () => undefined };
  const host = {
    page,
    modelAddress: (model: string) => `at ${model}`,
    run: async (...call: unknown[]) => {
      asked.push(call);
      return found;
    },
    close: async () => undefined,
  } as unknown as Host;
  await probe(args, { print: (text) => printed.push(text), warn: (text) => warned.push(text) }, async () => host);
  return { printed: printed.join("\n"), warned, asked };
}

const config = () => JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));

describe("npm run probe", () => {
  it("prints the sentence and the table, and leaves the folder alone", async () => {
    const before = config();
    const { printed, asked } = await run([folder]);
    expect(asked).toEqual([["probe", { model: `at ${folder}`, encoder: "auto" }]]);
    expect(printed).toMatch(/^m reads, and would rather be stretched\.\n\nWords: /);
    expect(printed).toContain("| as loaded | | 9 of 12 |");
    expect(config()).toEqual(before);
  });

  it("prints nothing but the figures where they are asked for as JSON", async () => {
    expect(JSON.parse((await run([folder, "--json"])).printed)).toEqual(report);
  });

  it("keeps what was found better in the folder's config.json, which then counts", async () => {
    const { warned } = await run([folder, "--keep"]);
    expect(warned.join()).toMatch(/^Kept in .*config\.json: pictures stretched to squares\.$/);
    expect(config().assumptions).toEqual(stretch.assumptions);
    expect(parseConfig(config()).vision?.fit).toBe("stretch");
    const written = readFileSync(join(folder, "config.json"));
    expect(await isIntact("config.json", written, readDigests(written) ?? new Map())).toBe(true);
    await run([folder, "--keep"], { ...report, proposal: null });
    expect(config().assumptions).toEqual(stretch.assumptions);
  });

  it.each([
    [[], /usage/],
    [["no-such-folder"], /no model folder/],
    [["https://host.example/m/", "--keep"], /--keep/],
    [["public/models/nano", "--encoder", "cpu"], /encoder/],
  ])("says what is wrong with %o", async (args, message) => {
    await expect(run(args)).rejects.toThrow(message);
  });
});

describe("a made-up case", () => {
  it("differs from the built-in model in what is named, and in nothing else", () => {
    const wrong = { vision_config: { fit: "letterbox" } };
    const made = join(folder, "made");
    writeCase({ name: "padded", wrong, expected: "reads" }, made);
    const { sha256: _, ...nano } = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));
    const written = JSON.parse(readFileSync(join(made, "config.json"), "utf8"));
    expect(written).toEqual({ ...nano, vision_config: { ...nano.vision_config, fit: "letterbox" } });
    expect(
      readFileSync(join(made, "model.safetensors")).equals(readFileSync("public/models/nano/model.safetensors")),
    ).toBe(true);
  });
});
