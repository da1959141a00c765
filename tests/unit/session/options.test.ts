import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  checkExport,
  checkFind,
  checkOpenOptions,
  checkQuestion,
  checkSource,
  checkWatchOptions,
} from "../../../src/session/page/options.ts";
import type { AskOptions, OpenOptions, WatchOptions } from "../../../src/session/types.ts";

beforeAll(() => vi.stubGlobal("document", { baseURI: "https://host.example/app/" }));
afterAll(() => vi.unstubAllGlobals());

const refused = (field: string) => expect.objectContaining({ code: "BadRequest", message: startsWith(field) });
const startsWith = (field: string) => expect.stringMatching(new RegExp(`^${field}: `));

describe("options of opening", () => {
  it.each([
    { model: "models/nano/" },
    { model: "models/nano/", assets: "./aurora" },
    { model: { kind: "hub", id: "a/b" }, quantization: "int4", encoder: "wasm", encoderPrecision: "f32" },
  ] as OpenOptions[])("are taken: %o", (options) => {
    expect(() => checkOpenOptions(options)).not.toThrow();
  });

  it.each([
    [{}, "model"],
    [{ model: "" }, "model"],
    [{ model: null }, "model"],
    [{ model: { kind: "cloud" } }, "model"],
    [{ model: "x", quantization: "int2" }, "quantization"],
    [{ model: "x", encoder: "cpu" }, "encoder"],
    [{ model: "x", encoderPrecision: "f8" }, "encoderPrecision"],
    [{ model: "x", assets: "" }, "assets"],
    [{ model: "x", assets: "http://" }, "assets"],
  ] as [OpenOptions, string][])("are refused by the field's name: %o", (options, field) => {
    expect(() => checkOpenOptions(options)).toThrow(refused(field));
  });
});

describe("options of watching", () => {
  it.each([{}, { fps: 0.001 }, { frames: 1 }, { keepBytes: 0 }, { fps: 2, keepBytes: 1e9 }] as WatchOptions[])(
    "are taken: %o",
    (options) => {
      expect(() => checkWatchOptions(options)).not.toThrow();
    },
  );

  it.each([
    [{ fps: 0 }, "fps"],
    [{ fps: -1 }, "fps"],
    [{ fps: Number.POSITIVE_INFINITY }, "fps"],
    [{ fps: "2" }, "fps"],
    [{ fps: null }, "fps"],
    [{ frames: 0 }, "frames"],
    [{ frames: 1.5 }, "frames"],
    [{ frames: 3, fps: 1 }, "frames"],
    [{ keepBytes: -1 }, "keepBytes"],
    [{ keepBytes: Number.NaN }, "keepBytes"],
    [{ listen: "yes" }, "listen"],
  ] as [WatchOptions, string][])("are refused by the field's name: %o", (options, field) => {
    expect(() => checkWatchOptions(options)).toThrow(refused(field));
  });

  it("for what has no end are a rate only", () => {
    const live = { kind: "live", medium: "camera", name: "c", frames: new ReadableStream() } as const;
    expect(() => checkWatchOptions({ fps: 1 }, live)).not.toThrow();
    expect(() => checkWatchOptions({ frames: 8 }, live)).toThrow(refused("frames"));
  });

  it("say what the value may be, and what it is", () => {
    expect(() => checkWatchOptions({ fps: 0 })).toThrow("fps: it must be a number above 0, and is 0.");
  });
});

describe("a source", () => {
  it("is a file with its name, or an absolute address", () => {
    const file = new File(["x"], "a.mp4");
    expect(checkSource(file)).toEqual({ kind: "file", file, name: "a.mp4" });
    expect(checkSource(new Blob(["x"]))).toMatchObject({ kind: "file", name: "video" });
    const address = { kind: "address", url: "https://host.example/app/clip.mp4" };
    for (const source of ["clip.mp4", new URL(address.url), { kind: "address", url: "clip.mp4" } as const])
      expect(checkSource(source)).toEqual(address);
  });

  it("is a list of files and addresses, in the order given", () => {
    const file = new File(["x"], "a.mp4");
    const list = [
      { kind: "file", file, name: "a.mp4" },
      { kind: "address", url: "https://host.example/app/b.mp4" },
    ];
    expect(checkSource([file, "b.mp4"])).toEqual({ kind: "list", sources: list });
    expect(checkSource({ kind: "list", sources: list } as never)).toEqual({ kind: "list", sources: list });
  });

  it.each([
    undefined,
    null,
    7,
    {},
    { kind: "file", file: "no" },
    "http://[",
    { kind: "tape" },
    [],
    ["a.mp4", 7],
    [["a.mp4"]],
    { kind: "list" },
    { kind: "live", frames: [] },
  ])("is refused: %o", (source) => {
    expect(() => checkSource(source as never)).toThrow(refused("source"));
  });
});

describe("a question", () => {
  it.each([
    {},
    { from: "look-again", at: 0, maxTokens: 1, temperature: 0, topP: 1, seed: -3.5 },
    { range: [2, 2] },
  ] as AskOptions[])("is taken with %o", (options) => {
    expect(() => checkQuestion("Why?", options)).not.toThrow();
  });

  it.each([
    [{ from: "hearsay" }, "from"],
    [{ at: -0.1 }, "at"],
    [{ at: "3" }, "at"],
    [{ range: [3, 2] }, "range"],
    [{ range: [1] }, "range"],
    [{ range: [0, Number.POSITIVE_INFINITY] }, "range"],
    [{ range: [1, 2], at: 1 }, "range"],
    [{ maxTokens: 0 }, "maxTokens"],
    [{ maxTokens: 2.5 }, "maxTokens"],
    [{ temperature: -1 }, "temperature"],
    [{ temperature: Number.NaN }, "temperature"],
    [{ topP: 1.01 }, "topP"],
    [{ seed: "x" }, "seed"],
  ] as [AskOptions, string][])("is refused by the field's name: %o", (options, field) => {
    expect(() => checkQuestion("Why?", options)).toThrow(refused(field));
  });

  it.each(["", "  \n\r\n ", undefined, 3])("is refused when it is none: %o", (question) => {
    expect(() => checkQuestion(question as string, {})).toThrow(refused("question"));
  });
});

it("what is to be found, and the form of a transcript, are checked", () => {
  expect(checkFind("word", {})).toEqual(["seen", "said", "noted"]);
  for (const most of [0, 1.5, "7"]) expect(() => checkFind("word", { most: most as never })).toThrow(refused("most"));
  for (const text of ["", "  ", null as unknown as string]) expect(() => checkFind(text, {})).toThrow(refused("text"));
  for (const kinds of [[], ["heard"], "said"])
    expect(() => checkFind("word", { in: kinds as never })).toThrow(refused("in"));
  expect(checkExport("markdown")).toEqual({ part: "notes", kind: "markdown" });
  expect(checkExport("text", "transcript")).toEqual({ part: "transcript", kind: "text" });
  for (const kind of ["pdf", "text", undefined]) expect(() => checkExport(kind as never)).toThrow(refused("kind"));
  for (const kind of ["pdf", "markdown"])
    expect(() => checkExport(kind as never, "transcript")).toThrow(refused("kind"));
  expect(() => checkExport("vtt", "frames" as never)).toThrow(refused("part"));
});
