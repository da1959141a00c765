import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Checkpoint } from "../../../src/model/checkpoint-type.ts";
import { convertCheckpoint } from "../../../src/model/convert.ts";
import { openFolderSink } from "../../../tools/folder-sink.ts";
import { openNodeFiles } from "../../../tools/node-files.ts";
import { randomFloats } from "../../close.ts";
import { floatTensor, tensorMap } from "../model/tensor-map.ts";

const scratch = mkdtempSync(join(tmpdir(), "aurora-folders-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const place = (...names: string[]) => join(scratch, ...names);

/** A file with its folders. */
function file(path: string, content: string): string {
  mkdirSync(place(path, ".."), { recursive: true });
  writeFileSync(place(path), content);
  return place(path);
}

describe("files on disk as a checkpoint", () => {
  file("hub/config.json", "{}");
  file("hub/visual_encoder/model.safetensors", "0123456789");
  file("hub/.cache/huge.bin", "no");
  const weights = file("other/rwkv.pth", "weights");

  test("are those of folders and single files together", async () => {
    const files = await openNodeFiles([place("hub"), weights]);
    expect(files.files).toEqual([
      { path: "config.json", byteLength: 2, sha256: null },
      { path: "rwkv.pth", byteLength: 7, sha256: null },
      { path: "visual_encoder/model.safetensors", byteLength: 10, sha256: null },
    ]);
    const reader = await files.open("visual_encoder/model.safetensors");
    expect(reader.byteLength).toBe(10);
    expect(new TextDecoder().decode(await reader.read(3, 7))).toBe("3456");
    expect(await reader.read(4, 4)).toHaveLength(0);
    await expect(files.open(".cache/huge.bin")).rejects.toMatchObject({ code: "ModelNotFound" });
  });

  test("may be links, as in the Hugging Face library's folders", async () => {
    mkdirSync(place("snapshot"));
    symlinkSync(weights, place("snapshot", "model.pth"));
    expect((await openNodeFiles([place("snapshot")])).files).toEqual([
      { path: "model.pth", byteLength: 7, sha256: null },
    ]);
  });

  test("are known again until one changes", async () => {
    const identity = async () => (await openNodeFiles([place("hub")])).identity;
    const before = await identity();
    expect(await identity()).toBe(before);
    utimesSync(place("hub", "config.json"), new Date(0), new Date(1000));
    const touched = await identity();
    expect(touched).not.toBe(before);
    file("hub/more.txt", "");
    expect(await identity()).not.toBe(touched);
  });

  test("must exist, and differ in path", async () => {
    await expect(openNodeFiles([place("none")])).rejects.toThrow(/^ModelNotFound: There is no file or folder .*none/);
    file("twin/config.json", "{}");
    await expect(openNodeFiles([place("hub"), place("twin")])).rejects.toThrow(/would both be config\.json/);
  });

  test("that become shorter meanwhile are damaged", async () => {
    const path = file("shrinking/model.pth", "0123456789");
    const reader = await (await openNodeFiles([path])).open("model.pth");
    writeFileSync(path, "0123");
    await expect(reader.read(2, 8)).rejects.toMatchObject({ code: "ModelCorrupt" });
  });
});

describe("a model folder on disk", () => {
  const checkpoint: Checkpoint = {
    layout: "synthetic",
    config: JSON.parse(readFileSync("public/models/nano/config.json", "utf8")),
    tensors: tensorMap(
      new Map(["a", "b", "c"].map((name, i) => [`${name}.weight`, floatTensor([40, 50], randomFloats(2000, i))])),
    ),
    tokenizer: { file: "tokenizer.json", read: async () => new TextEncoder().encode("{}") },
    license: "unknown",
    notices: [],
  };
  const options = { shardBytes: 9_000 };
  const convert = async (folder: string, identity = "same") => {
    const sink = await openFolderSink(folder, identity);
    return convertCheckpoint(checkpoint, "f16", sink, { ...options, have: sink.have });
  };
  const contents = (folder: string) =>
    new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));

  test("holds nothing but the model when it is whole", async () => {
    await convert(place("whole"));
    expect([...contents(place("whole")).keys()].sort()).toEqual([
      "config.json",
      "model-00001-of-00003.safetensors",
      "model-00002-of-00003.safetensors",
      "model-00003-of-00003.safetensors",
      "model.safetensors.index.json",
      "tokenizer.json",
    ]);
  });

  test.each([0, 1, 2, 3, 4, 5])("goes on where it was interrupted, after %i files", async (count) => {
    const folder = place(`cut-${count}`);
    const sink = await openFolderSink(folder, "same");
    let writes = 0;
    const dying: typeof sink = {
      ...sink,
      async write(path, content, shard) {
        if (writes++ < count) return sink.write(path, content, shard);
        // As a crash leaves it.
        writeFileSync(join(folder, `${path}.partial`), content.subarray(0, content.length / 2));
        throw new Error("power cut");
      },
    };
    await expect(convertCheckpoint(checkpoint, "f16", dying, options)).rejects.toThrow("power cut");
    expect(readdirSync(folder)).not.toContain("model.safetensors.index.json");

    const again = await openFolderSink(folder, "same");
    const found: string[] = [];
    await convertCheckpoint(checkpoint, "f16", again, {
      ...options,
      async have(path) {
        const shard = await again.have(path);
        if (shard) found.push(path);
        return shard;
      },
    });
    expect(found).toHaveLength(Math.min(count, 3));
    expect(contents(folder)).toEqual(contents(place("whole")));
  });

  test("does not trust a file that changed after it was written", async () => {
    const folder = place("tampered");
    const sink = await openFolderSink(folder, "same");
    const failing = { ...sink, finish: () => Promise.reject(new Error("power cut")) };
    await expect(convertCheckpoint(checkpoint, "f16", failing, options)).rejects.toThrow("power cut");
    const shard = join(folder, "model-00002-of-00003.safetensors");
    const bytes = readFileSync(shard);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(shard, bytes);
    rmSync(join(folder, "model-00003-of-00003.safetensors"));
    const again = await openFolderSink(folder, "same");
    expect(await again.have("model-00001-of-00003.safetensors")).not.toBeNull();
    expect(await again.have("model-00002-of-00003.safetensors")).toBeNull();
    expect(await again.have("model-00003-of-00003.safetensors")).toBeNull();
    await convert(folder);
    expect(contents(folder)).toEqual(contents(place("whole")));
  });

  test("is not written over", async () => {
    await expect(convert(place("whole"))).rejects.toThrow(/whole is not empty/);
    const folder = place("begun");
    await openFolderSink(folder, "one");
    await expect(convert(folder, "two")).rejects.toThrow(/begun holds a part of another conversion/);
    await convert(folder, "one");
  });
});
