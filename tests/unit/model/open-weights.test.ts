import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toFloat32 } from "../../../src/model/half.ts";
import { openWeightFile, openWeightFolder } from "../../../src/model/open-weights.ts";
import { memoryFiles, memoryReader } from "./memory-reader.ts";
import { safetensorsFile } from "./safetensors-file.ts";

const torchFile = (name: string) => new Uint8Array(readFileSync(`tests/fixtures/torch/${name}`));

/** A safetensors file of one U8 tensor for each name, with the value given. */
function safetensors(values: Readonly<Record<string, number>>): Uint8Array {
  const entries = Object.keys(values).map((name, i) => [name, { dtype: "U8", shape: [1], data_offsets: [i, i + 1] }]);
  return safetensorsFile(Object.fromEntries(entries), Object.values(values));
}

const index = (map: Readonly<Record<string, string>>) => JSON.stringify({ metadata: {}, weight_map: map });

describe("a file is known by its content", () => {
  test("whatever it is called", async () => {
    expect((await openWeightFile(memoryReader("a.safetensors", torchFile("plain.pth")))).names).toContain("emb.weight");
    const source = await openWeightFile(memoryReader("model.pth", safetensors({ a: 3 })));
    expect([...(await source.read("a")).bytes]).toEqual([3]);
    // A header of 0x580 bytes begins like a pickle.
    const long = safetensorsFile(JSON.stringify({ __metadata__: {} }).padEnd(0x580), []);
    expect(long[0]).toBe(0x80);
    expect((await openWeightFile(memoryReader("model.safetensors", long))).names).toEqual([]);
  });

  test.each<[string, Uint8Array, "ModelCorrupt" | "ModelUnsupported", RegExp]>([
    ["PyTorch before 1.6", torchFile("legacy.pth"), "ModelUnsupported", /old format.* Load and save it with PyTorch/],
    ["a tar file", new TextEncoder().encode(`${"a".repeat(257)}ustar  `), "ModelUnsupported", /PyTorch's old format/],
    ["GGUF", new TextEncoder().encode("GGUF\u0003 and more"), "ModelUnsupported", /GGUF/],
    ["a page", new TextEncoder().encode("<!doctype html><html></html>"), "ModelCorrupt", /is no safetensors file/],
    ["a Git LFS pointer", new TextEncoder().encode("version https://git-lfs"), "ModelCorrupt", /git lfs pull/],
    ["nothing", new Uint8Array(0), "ModelCorrupt", /is cut off/],
  ])("and refused when that is %s", async (_, bytes, code, message) => {
    await expect(openWeightFile(memoryReader("model.bin", bytes))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe("a folder's weights", () => {
  test("are joined from all files in it, and from no folder in it", async () => {
    const files = memoryFiles({
      "config.json": "{}",
      "llm.pth": torchFile("plain.pth"),
      "training_args.bin": torchFile("malicious.pth"),
      "projector.safetensors": safetensors({ "model.0.bias": 7 }),
      "visual_encoder/model.safetensors": safetensors({ patch: 9 }),
    });
    const root = await openWeightFolder(files, "");
    expect(root?.names).toEqual(["model.0.bias", ...(await plainNames())]);
    expect(root?.info("scalar")).toEqual({ shape: [], dtype: "F32" });
    expect(toFloat32(await must(root).read("scalar"))).toEqual(Float32Array.of(-2.5));
    await expect(must(root).read("patch")).rejects.toMatchObject({ code: "ModelCorrupt" });
    expect((await openWeightFolder(files, "visual_encoder"))?.names).toEqual(["patch"]);
    expect(await openWeightFolder(files, "visual")).toBeNull();
  });

  test.each(["model.safetensors.index.json", "pytorch_model.bin.index.json"])(
    "are those that %s names",
    async (name) => {
      const files = memoryFiles({
        [`lm/${name}`]: index({ b: "2.safetensors", a: "1.bin", c: "2.safetensors" }),
        "lm/1.bin": safetensors({ a: 1, unnamed: 2 }),
        "lm/2.safetensors": safetensors({ b: 3, c: 4 }),
        "lm/3.safetensors": safetensors({ a: 5 }),
      });
      const source = must(await openWeightFolder(files, "lm"));
      expect(source.names).toEqual(["b", "a", "c"]);
      const values = await Promise.all(
        source.names.map(async (tensor) => [...(await source.read(tensor, [0, 1])).bytes]),
      );
      expect(values).toEqual([[3], [1], [4]]);
      expect(source.info("unnamed")).toBeNull();
    },
  );

  test("are taken from safetensors where a pickled copy lies beside them", async () => {
    const names = await plainNames();
    const copy = safetensors(Object.fromEntries(names.map((name) => [name, 1])));
    const source = must(
      await openWeightFolder(memoryFiles({ "a.bin": torchFile("plain.pth"), "model.safetensors": copy }), ""),
    );
    expect(source.info("scalar")).toEqual({ shape: [1], dtype: "U8" });
  });
});

type Files = Parameters<typeof memoryFiles>[0];

test.each<[string, Files, "ModelCorrupt" | "ModelNotFound", RegExp]>([
  [
    "two files have the same tensor",
    { "1.safetensors": safetensors({ a: 1 }), "2.st": safetensors({ b: 1, a: 1 }) },
    "ModelCorrupt",
    /2\.st has a tensor a, and so does 1\.safetensors/,
  ],
  [
    "a file is missing",
    { "model.safetensors.index.json": index({ a: "1.safetensors" }) },
    "ModelNotFound",
    /lacks 1\.safetensors, which its model\.safetensors\.index\.json names/,
  ],
  [
    "a tensor is missing",
    { "model.safetensors.index.json": index({ a: "1.st" }), "1.st": safetensors({ b: 1 }) },
    "ModelCorrupt",
    /1\.st lacks tensor a, which model\.safetensors\.index\.json places there/,
  ],
  ["the index is no JSON", { "model.safetensors.index.json": "{" }, "ModelCorrupt", /it is no JSON/],
  ["the index is empty", { "model.safetensors.index.json": "{}" }, "ModelCorrupt", /weight_map should be an object/],
  [
    "the index leads out of the folder",
    { "model.safetensors.index.json": index({ a: "../1.st" }) },
    "ModelCorrupt",
    /weight_map should be names of files/,
  ],
])("a folder is refused when %s", async (_, files, code, message) => {
  await expect(openWeightFolder(memoryFiles(files), "")).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

async function plainNames(): Promise<readonly string[]> {
  return (await openWeightFile(memoryReader("plain.pth", torchFile("plain.pth")))).names;
}

function must<T>(value: T | null): T {
  if (value === null) throw new Error("no weights were found");
  return value;
}
