import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Checkpoint } from "../../../src/model/checkpoint-type.ts";
import { parseConfig, type Quantization } from "../../../src/model/config.ts";
import { convertCheckpoint, type ModelSink, predictBytes, type StoredShard } from "../../../src/model/convert.ts";
import { toFloat32 } from "../../../src/model/half.ts";
import { dequantise, quantise } from "../../../src/model/quantised.ts";
import { joinRowSlices } from "../../../src/model/row-slices.ts";
import { openSafetensors } from "../../../src/model/safetensors.ts";
import { shardLimit } from "../../../src/model/shard-plan.ts";
import type { HostTensor, TensorSource } from "../../../src/model/tensors.ts";
import { randomFloats } from "../../close.ts";
import { bfloatTensor, floatTensor, tensorMap } from "./tensor-map.ts";

const config = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));

/** Random values that f16 and bf16 hold exactly. */
function values(count: number, seed: number): Float32Array {
  return randomFloats(count, seed).map((value) => Math.round(value * 100) / 64);
}

/** Tensors of all kinds; most weights are bf16. */
const tensors = new Map<string, HostTensor>([
  ["emb.weight", bfloatTensor([300, 64], values(300 * 64, 1))],
  ["head.weight", bfloatTensor([300, 64], values(300 * 64, 2))],
  ["ln_out.weight", bfloatTensor([64], values(64, 3))],
  ["blocks.0.att.key.weight", bfloatTensor([64, 64], values(64 * 64, 4))],
  ["blocks.0.att.time_faaaa", floatTensor([2, 32], values(64, 5))],
  ["blocks.0.att.time_maa_x", bfloatTensor([1, 1, 64], values(64, 6))],
  ["blocks.0.att.time_maa_w1", floatTensor([64, 40], values(64 * 40, 7))],
  ["blocks.0.ffn.value.weight", floatTensor([64, 40], values(64 * 40, 8))],
  ["vision.patch.weight", bfloatTensor([8, 3, 4, 4], values(8 * 48, 9))],
  ["vision.scalar", floatTensor([], values(1, 10))],
  ["vision.empty", floatTensor([0, 7], values(0, 11))],
]);

function checkpointOf(source: TensorSource = tensorMap(tensors), more: Partial<Checkpoint> = {}): Checkpoint {
  return {
    layout: "synthetic",
    config,
    tensors: source,
    tokenizer: { file: "tokenizer.json", read: async () => new TextEncoder().encode("{}") },
    license: "Apache-2.0",
    notices: ["Something was assumed."],
    documents: [{ file: "LICENSE", read: async () => new TextEncoder().encode("Do what is right.") }],
    ...more,
  };
}

/** A folder in memory; `failAt` makes the write with this number fail. */
function memoryFolder(failAt = Number.POSITIVE_INFINITY) {
  const files = new Map<string, Uint8Array>();
  const shards = new Map<string, StoredShard>();
  let writes = 0;
  let finished = false;
  const sink: ModelSink = {
    async write(path, content, shard) {
      if (writes++ === failAt) throw new Error("the disk is full");
      expect(finished).toBe(false);
      files.set(path, content.slice());
      if (shard) shards.set(path, shard);
    },
    async finish() {
      finished = true;
    },
  };
  return { files, shards, sink, finished: () => finished };
}

type Index = {
  metadata: { total_size: number };
  weight_map: Record<string, string>;
  files: Record<string, { byte_length: number; sha256: string }>;
};

function indexOf(files: ReadonlyMap<string, Uint8Array>): Index {
  return JSON.parse(new TextDecoder().decode(files.get("model.safetensors.index.json")));
}

/** All tensors of the files as the index places them, slices joined. */
async function openFolder(files: ReadonlyMap<string, Uint8Array>): Promise<TensorSource> {
  const { weight_map: map } = indexOf(files);
  const sources = new Map<string, TensorSource>();
  for (const file of new Set(Object.values(map))) {
    const bytes = files.get(file) as Uint8Array;
    const reader = { name: file, byteLength: bytes.length, read: async (a: number, b: number) => bytes.subarray(a, b) };
    sources.set(file, await openSafetensors(reader));
  }
  const sourceOf = (name: string) => sources.get(map[name] ?? "");
  return joinRowSlices({
    names: Object.keys(map),
    info: (name) => sourceOf(name)?.info(name) ?? null,
    read: (name, rows) => (sourceOf(name) as TensorSource).read(name, rows),
  });
}

async function convert(checkpoint: Checkpoint, quantization: Quantization, shardBytes?: number) {
  const folder = memoryFolder();
  const report = await convertCheckpoint(checkpoint, quantization, folder.sink, shardBytes ? { shardBytes } : {});
  return { report, ...folder, source: await openFolder(folder.files) };
}

const elements = (bytes: Uint8Array) => toFloat32({ shape: [bytes.length / 2], dtype: "F16", bytes });

describe.each([undefined, 12_000, 5_000])("conversion into files of %s bytes", (shardBytes) => {
  test("to f16 keeps every value, and the type of vectors", async () => {
    const { source } = await convert(checkpointOf(), "f16", shardBytes);
    expect([...source.names].sort()).toEqual([...tensors.keys()].sort());
    const vectors = ["ln_out.weight", "blocks.0.att.time_faaaa", "blocks.0.att.time_maa_x", "vision.scalar"];
    for (const [name, tensor] of tensors) {
      const found = await source.read(name);
      expect(found.shape, name).toEqual(tensor.shape);
      expect(found.dtype, name).toBe(vectors.includes(name) || name === "vision.empty" ? tensor.dtype : "F16");
      expect(toFloat32(found), name).toEqual(toFloat32(tensor));
    }
  });

  test.each(["int8", "int4"] as const)("to %s quantises the language model's linears alone", async (format) => {
    const { source, files } = await convert(checkpointOf(), format, shardBytes);
    const quantised = ["head.weight", "blocks.0.att.key.weight"]; // 40 columns are no whole groups
    expect([...source.names].sort()).toEqual([...tensors.keys(), ...quantised.map((name) => `${name}.scale`)].sort());
    for (const [name, tensor] of tensors) {
      const found = await source.read(name);
      if (quantised.includes(name)) {
        const [rows = 0, width = 0] = tensor.shape;
        const scale = await source.read(`${name}.scale`);
        const whole = quantise(toFloat32(tensor), width, format);
        expect(found).toMatchObject(
          format === "int8" ? { dtype: "I8", shape: [rows, width] } : { dtype: "U8", shape: [rows, width / 2] },
        );
        expect(scale).toMatchObject({ dtype: "F16", shape: [rows, width / 32] });
        expect(found.bytes).toEqual(whole.data);
        expect(elements(scale.bytes)).toEqual(elements(new Uint8Array(whole.scale.buffer)));
        const back = dequantise({ data: found.bytes, scale: whole.scale }, format);
        const step = format === "int8" ? 3 / 127 : 3 / 7;
        const exact = toFloat32(tensor);
        expect(Math.max(...back.map((value, i) => Math.abs(value - (exact[i] as number))))).toBeLessThan(step);
      } else {
        expect(toFloat32(found), name).toEqual(toFloat32(tensor));
      }
    }
    expect(parseConfig(JSON.parse(new TextDecoder().decode(files.get("config.json")))).quantization).toBe(format);
  });

  test.each(["f16", "int8", "int4"] as const)("lists all files of %s with their lengths and hashes", async (format) => {
    const { files, report, finished } = await convert(checkpointOf(), format, shardBytes);
    expect(finished()).toBe(true);
    const index = indexOf(files);
    expect(Object.keys(index.files).sort()).toEqual(
      [...files.keys()].filter((path) => path !== "model.safetensors.index.json").sort(),
    );
    for (const [path, { byte_length: byteLength, sha256 }] of Object.entries(index.files)) {
      const content = files.get(path) as Uint8Array;
      expect(byteLength).toBe(content.length);
      expect(sha256).toBe(createHash("sha256").update(content).digest("hex"));
      expect(report.files.get(path)).toMatchObject({ byteLength, sha256 });
    }
    const weights = [...files].filter(([path]) => path.endsWith(".safetensors"));
    const count = String(weights.length).padStart(5, "0");
    expect(weights.map(([path]) => path)).toEqual(
      weights.map((_, i) => `model-${String(i + 1).padStart(5, "0")}-of-${count}.safetensors`),
    );
    const bytes = weights.reduce((sum, [, content]) => sum + content.length, 0);
    const headers = weights.reduce((sum, [, content]) => sum + 8 + new DataView(content.buffer).getUint32(0, true), 0);
    expect(index.metadata.total_size).toBe(bytes - headers);
    for (const [, content] of weights) expect(content.length).toBeLessThanOrEqual(shardBytes ?? shardLimit);
    expect(weights.length).toBeGreaterThan(shardBytes ? 3 : 0);
    if (!shardBytes) expect(predictBytes(checkpointOf(), format)).toBe(bytes);
    expect(report.byteLength).toBe([...files.values()].reduce((sum, content) => sum + content.length, 0));
    expect(new TextDecoder().decode(files.get("LICENSE"))).toBe("Do what is right.");
    expect(report.notices).toEqual(["Something was assumed."]);
  });

  test("gives the same bytes whatever the order of the tensors", async () => {
    const reversed = tensorMap(new Map([...tensors].reverse()));
    const [a, b] = [
      await convert(checkpointOf(), "int4", shardBytes),
      await convert(checkpointOf(reversed), "int4", shardBytes),
    ];
    expect(b.files).toEqual(a.files);
  });
});

describe("values that f16 cannot hold", () => {
  /** The tensors with one value of one of them replaced. */
  const spoilt = (name: string, at: number, value: number) => {
    const tensor = tensors.get(name) as HostTensor;
    const changed = toFloat32(tensor).slice();
    changed[at] = value;
    return new Map([
      ...tensors,
      [name, tensor.dtype === "F32" ? floatTensor(tensor.shape, changed) : bfloatTensor(tensor.shape, changed)],
    ]);
  };

  test.each([
    ["emb.weight", 19_199, 70_000, undefined],
    ["emb.weight", 0, -70_000, 5_000], // in its first slice
    ["emb.weight", 19_199, 65_536, 5_000], // in its last
    ["blocks.0.att.time_maa_w1", 2_559, -65_520, 12_000],
    ["blocks.0.att.time_maa_w1", 7, 1e30, 5_000],
  ])("keep %s as it is: value %i is %d, in files of %s bytes", async (name, at, value, shardBytes) => {
    const changed = spoilt(name, at, value);
    const { source, report, files } = await convert(checkpointOf(tensorMap(changed)), "f16", shardBytes);
    expect(await source.read(name)).toEqual(changed.get(name));
    expect(report.kept).toEqual([name]);
    expect(report.notices[1]).toMatch(`kept as they are: ${name}.`);
    const weights = [...files].filter(([path]) => path.endsWith(".safetensors"));
    for (const [, content] of weights) expect(content.length).toBeLessThanOrEqual(shardBytes ?? shardLimit);
  });

  test("are those that f16 rounds to infinity, and no smaller ones", async () => {
    const { source, report } = await convert(checkpointOf(tensorMap(spoilt("vision.patch.weight", 3, 65_280))), "f16");
    expect(report.kept).toEqual([]);
    expect(toFloat32(await source.read("vision.patch.weight"))[3]).toBe(65_280);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])("cannot be quantised: %d", async (value) => {
    const checkpoint = checkpointOf(tensorMap(spoilt("head.weight", 5, value)));
    const failing = convertCheckpoint(checkpoint, "int8", memoryFolder().sink);
    await expect(failing).rejects.toMatchObject({ code: "ModelCorrupt" });
  });
});

test("an interrupted conversion goes on after the files that are stored", async () => {
  const options = { shardBytes: 12_000 };
  const whole = memoryFolder();
  const expected = await convertCheckpoint(checkpointOf(), "int8", whole.sink, options);
  for (let failAt = 0; failAt < whole.files.size; failAt++) {
    const folder = memoryFolder(failAt);
    await expect(convertCheckpoint(checkpointOf(), "int8", folder.sink, options)).rejects.toThrow("the disk is full");
    expect(folder.finished()).toBe(false);
    expect(folder.files.has("model.safetensors.index.json")).toBe(false);
    const source = tensorMap(tensors);
    const have = async (path: string) => folder.shards.get(path) ?? null;
    const report = await convertCheckpoint(checkpointOf(source), "int8", folder.sink, { ...options, have });
    expect(folder.files).toEqual(whole.files);
    expect(report).toEqual(expected);
    // What is stored is not read again.
    const stored = Object.entries(indexOf(folder.files).weight_map).filter(
      ([, file]) => Number(file.slice(6, 11)) <= failAt,
    );
    const names = new Set(source.reads.map(([name]) => name));
    for (const [name] of stored) if (!name.includes("@")) expect(names.has(name), name).toBe(false);
  }
});

test("what was kept before an interruption is still reported", async () => {
  const big = new Map([...tensors, ["a.weight", floatTensor([40, 40], new Float32Array(1600).fill(1e6))]]);
  const folder = memoryFolder(2);
  const options = { shardBytes: 12_000, have: async (path: string) => folder.shards.get(path) ?? null };
  await expect(convertCheckpoint(checkpointOf(tensorMap(big)), "f16", folder.sink, options)).rejects.toThrow();
  const report = await convertCheckpoint(checkpointOf(tensorMap(big)), "f16", folder.sink, options);
  expect(report.kept).toEqual(["a.weight"]);
  const whole = memoryFolder();
  await convertCheckpoint(checkpointOf(tensorMap(big)), "f16", whole.sink, { shardBytes: 12_000 });
  expect(folder.files).toEqual(whole.files);
});

test("progress grows from file to file up to the bytes predicted", async () => {
  const seen: [number, number][] = [];
  const onProgress = (...now: [number, number]) => seen.push(now);
  await convertCheckpoint(checkpointOf(), "int4", memoryFolder().sink, { onProgress });
  const total = predictBytes(checkpointOf(), "int4");
  expect(seen.at(-1)).toEqual([total, total]);
  expect(seen.length).toBeGreaterThan(8);
  for (const [i, [done, of]] of seen.entries()) {
    expect(of).toBe(total);
    expect(done).toBeGreaterThanOrEqual(seen[i - 1]?.[0] ?? 0);
  }
});

test("stops when told to", async () => {
  const stop = new AbortController();
  const folder = memoryFolder();
  const onProgress = () => stop.abort();
  const stopped = convertCheckpoint(checkpointOf(), "f16", folder.sink, { signal: stop.signal, onProgress });
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  expect(folder.files.size).toBe(0);
});

describe("refuses", () => {
  const refusals: [string, Checkpoint, RegExp][] = [
    [
      "weights that are quantised already",
      checkpointOf(tensorMap(new Map([["head.weight", { shape: [1, 32], dtype: "I8", bytes: new Uint8Array(32) }]]))),
      /cannot be converted: .*quantised already/,
    ],
    [
      "types that are not known",
      checkpointOf({ ...tensorMap(tensors), names: ["a"], info: () => ({ shape: [1], dtype: "F64" }) }),
      /cannot be converted: its tensor a is of type F64/,
    ],
    ["a configuration that is wrong", checkpointOf(tensorMap(tensors), { config: {} }), /config\.json is damaged/],
  ];
  test.each(refusals)("%s", async (_, checkpoint, message) => {
    await expect(convertCheckpoint(checkpoint, "f16", memoryFolder().sink)).rejects.toThrow(message);
  });

  test("rows that are larger than a file", async () => {
    const failing = convertCheckpoint(checkpointOf(), "f16", memoryFolder().sink, { shardBytes: 200 });
    await expect(failing).rejects.toThrow(/one row of its tensor .* is larger than 200 bytes/);
  });
});

test("an embedding of full size becomes files of at most 128 MB, without being in memory", async () => {
  const [rows, width] = [65536, 2048];
  let largest = 0;
  // Row n holds n mod 256 in every place, which bf16 and f16 hold exactly.
  const source: TensorSource = {
    names: ["emb.weight"],
    info: (name) => (name === "emb.weight" ? { shape: [rows, width], dtype: "BF16" } : null),
    async read(_, [first, end] = [0, rows]) {
      largest = Math.max(largest, end - first);
      const floats = new Float32Array(1);
      const bits = new Uint16Array((end - first) * width);
      for (let row = first; row < end; row++) {
        floats[0] = row % 256;
        bits.fill(
          (new Uint32Array(floats.buffer)[0] as number) >>> 16,
          (row - first) * width,
          (row - first + 1) * width,
        );
      }
      return { shape: [end - first, width], dtype: "BF16", bytes: new Uint8Array(bits.buffer) };
    },
  };
  const lengths: number[] = [];
  const probes: number[] = [];
  const report = await convertCheckpoint(checkpointOf(source), "int8", {
    async write(path, content) {
      if (!path.startsWith("model-")) return;
      lengths.push(content.length);
      const begin = 8 + new DataView(content.buffer, content.byteOffset).getUint32(0, true);
      const header: Record<string, unknown> = JSON.parse(new TextDecoder().decode(content.subarray(8, begin)));
      const [name = ""] = Object.keys(header);
      const first = Number(name.slice(name.indexOf("@") + 1));
      // The last row of the slice, as f16.
      const last = (content.length - begin) / (2 * width) - 1;
      const place = content.slice(begin + last * 2 * width, begin + last * 2 * width + 2);
      probes.push(toFloat32({ shape: [1], dtype: "F16", bytes: place })[0] as number, (first + last) % 256);
    },
    finish: async () => undefined,
  });
  expect(lengths).toHaveLength(3);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(128_000_000);
  expect(Math.min(...lengths)).toBeGreaterThan(10_000_000);
  expect(probes.filter((_, i) => i % 2 === 0)).toEqual(probes.filter((_, i) => i % 2 === 1));
  expect(largest * width * 2).toBeLessThanOrEqual(8 << 20);
  expect(report.byteLength).toBeGreaterThan(rows * width * 2);
});
