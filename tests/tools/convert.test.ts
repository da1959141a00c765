import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../src/model/config.ts";
import { toFloat32 } from "../../src/model/half.ts";
import { openWeightFolder } from "../../src/model/open-weights.ts";
import type { TensorSource } from "../../src/model/tensors.ts";
import { convert } from "../../tools/convert.ts";
import type { Host } from "../../tools/host.ts";
import { openNodeFiles } from "../../tools/node-files.ts";
import { relativeError } from "../close.ts";
import { questionOf, reference } from "../sample-answers.ts";
import { noBrowser, openTestHost, type Run, runAlone, runHere } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

/**
 * Largest relative errors against PyTorch that the forms of the embedded model may have: about twice what was measured, but for
 * int8's states, which are .0113 off.
 */
const forms = [
  ["f16", { megabytes: 9, states: 1e-5, logits: 1e-5 }],
  ["int8", { megabytes: 6.6, states: 0.012, logits: 0.03 }],
  ["int4", { megabytes: 5.65, states: 0.25, logits: 0.4 }],
] as const;

describe("the embedded model", () => {
  /** One browser for all forms. */
  let host: Host;
  const runs = new Map<string, Run>();
  beforeAll(async () => {
    // One of them as a person runs it.
    for (const [form] of forms) {
      const args = ["public/models/nano", "--out", scratch(form), "--quant", form];
      runs.set(form, form === "int8" ? await runAlone("convert", ...args) : await runHere(convert, noBrowser, ...args));
    }
    host = await openTestHost();
  });
  afterAll(() => host.close());

  test.each(forms)("becomes a smaller folder as %s", (form, { megabytes }) => {
    const { code, out } = runs.get(form) as Run;
    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(`as ${form} in .*\n\\d files of 8\\.9 MB became 5 of .* MB of memory\\.\nLicence: Apache-2\\.0`),
    );
    const files = readdirSync(scratch(form));
    expect(files).toEqual(expect.arrayContaining(["config.json", "model.safetensors.index.json", "tokenizer.json"]));
    const bytes = files.reduce((sum, file) => sum + statSync(scratch(`${form}/${file}`)).size, 0);
    expect(bytes).toBeLessThan(megabytes * 1e6);
  });

  test.each(forms)("computes as %s what PyTorch does at f32, within its error", async (form, bounds) => {
    const folder = "tests/fixtures/nano/counting";
    const { prompt_ids: promptIds } = JSON.parse(readFileSync(`${folder}/prompt.json`, "utf8"));
    const images = Array.from({ length: 8 }, (_, i) => `${folder}/frame-${i}.png`);
    const command = { model: host.modelAddress(scratch(form)), encoder: "auto", promptIds } as const;
    mkdirSync(scratch(`${form}-dump`));
    await host.download(scratch(`${form}-dump/model.safetensors`), "dump", command, images);

    const [written, reference] = await Promise.all([openFolder(scratch(`${form}-dump`)), openFolder(folder)]);
    const error = async (name: string) => relativeError(await floats(written, name), await floats(reference, name));
    const layers = reference.names.filter((name) => name.startsWith("state."));
    const states = await Promise.all(layers.map(error));
    const logits = await error("logits");
    expect(layers.length).toBeGreaterThan(0);
    expect(Math.max(...states)).toBeLessThan(bounds.states);
    expect(logits).toBeLessThan(bounds.logits);
    expect(argmax(await floats(written, "logits"))).toBe(argmax(await floats(reference, "logits")));
  });

  test.each(forms)("answers as %s", async (form) => {
    const question = questionOf("sequence.mp4", "order");
    const result = await host.run(
      "ask",
      {
        model: host.modelAddress(scratch(form)),
        url: null,
        fps: null,
        encoder: "auto",
        questions: [question],
        from: "memory",
        at: null,
      },
      ["public/samples/sequence.mp4"],
    );
    expect(result.answers[0]?.answer).toBe(reference("sequence.mp4", question));
  });
});

test.each([
  ["letterbox", { fit: "letterbox", resizeEdge: null }],
  ["stretch", { fit: "stretch", resizeEdge: null }],
  ["crop", { fit: "crop", resizeEdge: 80 }],
])("makes pictures square by %s where told to", async (fit, expected) => {
  const folder = scratch(`fit-${fit}`);
  const input = "tests/fixtures/checkpoints/aurora-authors/files";
  const { code } = await runHere(convert, noBrowser, input, "--out", folder, "--fit", fit);
  expect(code).toBe(0);
  const config = parseConfig(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")));
  expect(config.vision).toMatchObject(expected);
});

describe("says in one line", () => {
  const out = scratch("refused");
  const refused: [string, string[], RegExp][] = [
    ["how it is used", [], /^usage: npm run convert/],
    ["that a form is not known", ["public/models/nano", "--out", out, "--quant", "int2"], /^usage: npm run convert/],
    ["that a fit is not known", ["public/models/nano", "--out", out, "--fit", "fill"], /^usage: npm run convert/],
    ["that there is no such input", [scratch("none"), "--out", out], /^ModelNotFound: There is no file or folder/],
    ["that there are no weights", ["docs", "--out", out], /^ModelNotFound: .*no weights/],
    ["that weights are damaged", [file("damaged/model.safetensors", "x".repeat(100)), "--out", out], /^ModelCorrupt: /],
    ["that the folder is in use", ["public/models/nano", "--out", "docs"], /docs is not empty/],
  ];
  test.each(refused)("%s", async (_, args, message) => {
    const { code, err } = await runHere(convert, noBrowser, ...args);
    expect(code).toBe(1);
    expect(err.trimEnd()).toMatch(message);
    expect(err.trimEnd()).not.toContain("\n");
  });
});

function file(path: string, content: string): string {
  mkdirSync(scratch(`${path}/..`), { recursive: true });
  writeFileSync(scratch(path), content);
  return scratch(path);
}

async function openFolder(folder: string): Promise<TensorSource> {
  const source = await openWeightFolder(await openNodeFiles([folder]), "");
  if (!source) throw new Error(`${folder} has no weights`);
  return source;
}

async function floats(source: TensorSource, name: string): Promise<Float32Array> {
  return toFloat32(await source.read(name));
}

function argmax(values: Float32Array): number {
  return values.indexOf(Math.max(...values));
}
