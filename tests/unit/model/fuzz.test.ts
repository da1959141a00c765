import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AuroraError } from "../../../src/errors.ts";
import { parseConfig } from "../../../src/model/config.ts";
import { openWeightFile } from "../../../src/model/open-weights.ts";
import { parseShardIndex } from "../../../src/model/shard-index.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { parseTorchPickle } from "../../../src/model/torch-pickle.ts";
import { createWorldTokenizer } from "../../../src/text/world-tokenizer.ts";
import { memoryReader } from "./memory-reader.ts";
import { createMutator, type Mutator } from "./mutator.ts";
import { safetensorsFile } from "./safetensors-file.ts";

/** Whatever is done to a file, its reader takes it or throws a typed error, and asks for no more memory than the file has. */

const torchFolder = "tests/fixtures/torch/";
const torchFiles = readdirSync(torchFolder)
  .filter((name) => name !== "expected.json")
  .map((name) => new Uint8Array(readFileSync(torchFolder + name)));

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const jsonBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Longest array of bytes that was asked for by its length since a test began. */
let longest = 0;

beforeEach(() => {
  vi.stubGlobal(
    "Uint8Array",
    new Proxy(Uint8Array, {
      construct(target, args, newTarget) {
        if (typeof args[0] === "number") longest = Math.max(longest, args[0]);
        return Reflect.construct(target, args, newTarget);
      },
    }),
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** How a reader took its inputs: refusals by message, without the numbers in it. */
type Tally = { readonly accepted: number; readonly refusals: ReadonlyMap<string, number> };

/** Gives a reader `count` inputs; anything but a result or a typed error of a model's file fails. */
async function fuzz(
  count: number,
  seed: number,
  create: (mutator: Mutator) => Uint8Array,
  read: (input: Uint8Array) => unknown,
): Promise<Tally> {
  const mutator = createMutator(seed);
  const refusals = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const input = create(mutator);
    longest = 0;
    try {
      await read(input);
    } catch (error) {
      if (!(error instanceof AuroraError && /^Model(Corrupt|Unsupported)$/.test(error.code))) {
        throw new Error(`input ${i} of seed ${seed}: ${Buffer.from(input).toString("hex")}`, { cause: error });
      }
      const kind = error.message.replace(/[-\d.e+]*\d/g, "#");
      refusals.set(kind, (refusals.get(kind) ?? 0) + 1);
    }
    if (longest > 2 * input.length + 1024) throw new Error(`input ${i} of seed ${seed} took ${longest} bytes`);
  }
  return { accepted: count - [...refusals.values()].reduce((a, b) => a + b, 0), refusals };
}

/** The inputs reached both ends: more than `share` of them were taken, and each of the refusals was met. */
function expectReached({ accepted, refusals }: Tally, share: number, ...messages: readonly RegExp[]): void {
  const refused = [...refusals.values()].reduce((a, b) => a + b, 0);
  expect(accepted / (accepted + refused)).toBeGreaterThan(share);
  const kinds = [...refusals.keys()];
  expect(messages.filter((message) => !kinds.some((kind) => message.test(kind)))).toEqual([]);
}

/** Reads all tensors, whole and in part; an error of one does not keep it from the next. */
async function readAll(source: TensorSource): Promise<void> {
  let failure: unknown;
  for (const name of source.names) {
    const [rows] = source.info(name)?.shape ?? [];
    try {
      const { shape, dtype, bytes } = await source.read(name);
      const elementSize = { F32: 4, F16: 2, BF16: 2, I8: 1, U8: 1 }[dtype];
      expect(bytes.length).toBe(shape.reduce((count, size) => count * size, elementSize));
      if (rows) await source.read(name, [rows >> 1, rows]);
    } catch (error) {
      if (!(error instanceof AuroraError)) throw error;
      failure = error;
    }
  }
  if (failure) throw failure;
}

const openAndRead = async (input: Uint8Array) => readAll(await openWeightFile(memoryReader("test.pth", input)));

/** Instructions of pickles, alone and in the groups that do something. */
const pickleWords =
  "( ) ] } N \x88 0 1 2 . t \x85 \x86 \x87 R Q b s u a e \x94 \x93 h\0 h\x05 q\x01 K\x02 J\xff\xff\xff\xff"
    .split(" ")
    .concat(
      "cos\nsystem\n",
      "cbuiltins\neval\n",
      "ctorch\nHalfStorage\n",
      "ctorch._utils\n_rebuild_tensor_v2\n",
      "K\x02K\x03\x86",
    )
    .concat(
      "X\x03\0\0\0abc",
      "\x8c\x02os\x8c\x06system\x93",
      "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\xff",
      ")\x81",
      "(i",
      "\x8b",
    )
    .map(bytesOf);

/** The pickle of each of PyTorch's files: the first entry of the zip. */
const pickles = torchFiles
  .map((file) => Buffer.from(file))
  .filter((file) => file.indexOf("data.pkl") === file.indexOf("/") + 1 && file.readUInt16LE(8) === 0)
  .map((file) => {
    const begin = 30 + file.readUInt16LE(26) + file.readUInt16LE(28);
    return new Uint8Array(file.subarray(begin, file.indexOf("PK", begin, "latin1")));
  });

test("pickles", async () => {
  const tally = await fuzz(
    40_000,
    1,
    (mutator) => mutator.mutate(pickles, pickleWords),
    (input) => parseTorchPickle("test.pth", input),
  );
  expectReached(
    tally,
    0.02,
    /asks for os\.system/,
    /holds NEWOBJ/,
    /holds byte # for/,
    /is cut off/,
    /takes a value where/,
    /to a mark where/,
    /refers to value/,
    /sets items/,
    /appends to/,
    /REDUCE/,
    /BINPERSID/,
    /BUILD/,
    /no UTF/,
    /is of version/,
    /no tensors by name/,
  );
});

const zipWords = [
  "PK\x01\x02",
  "PK\x03\x04",
  "PK\x05\x06",
  "PK\x06\x06",
  "PK\x06\x07",
  "data/0",
  "\xff\xff\xff\xff",
].map(bytesOf);

test("PyTorch's zip files", async () => {
  const tally = await fuzz(20_000, 2, (mutator) => mutator.mutate(torchFiles, zipWords), openAndRead);
  expectReached(
    tally,
    0.02,
    /lacks the directory/,
    /directory does not lie inside/,
    /entry # of its directory/,
    /of # entries/,
    /is not where its directory says/,
    /compressed or encrypted/,
    /two different lengths/,
    /lacks the values of/,
    /ends outside its values/,
    /is a view into others/,
    /is of type/,
    /none that PyTorch's/,
    /-endian order/,
    /old format/,
    /asks for/,
  );
});

const entry = (dtype: string, shape: readonly number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const header = {
  __metadata__: { format: "pt" },
  "emb.weight": entry("F32", [3, 2], 0, 24),
  half: entry("F16", [2], 24, 28),
  ids: entry("I64", [1], 28, 36),
  none: entry("BF16", [0, 4], 36, 36),
};
/** The same without the tensor that cannot be read. */
const usable = { ...header, ids: entry("F32", [1, 1, 2], 28, 36) };
const data = Array.from({ length: 36 }, (_, i) => i);
const safetensors = [
  safetensorsFile(header, data),
  safetensorsFile({ "emb.weight": header["emb.weight"], half: header.half }, data.slice(0, 28)),
  safetensorsFile({ a: entry("BF16", [1, 1, 2], 0, 4), b: entry("U8", [3], 4, 7) }, data.slice(0, 7)),
];
const jsonWords = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  "0",
  "-",
  "9",
  "e9",
  "null",
  '"a":',
  "[[[[[[",
  "\\u0000",
  '{"__proto__":[]}',
].map(bytesOf);

test("safetensors", async () => {
  const tally = await fuzz(
    30_000,
    3,
    (mutator) =>
      mutator.below(2) === 0
        ? mutator.mutate(safetensors, jsonWords)
        : safetensorsFile(mutator.mutateJson(mutator.pick([header, usable])), data),
    openAndRead,
  );
  expectReached(
    tally,
    0.02,
    /header is no JSON\./,
    /no JSON object/,
    /unknown type/,
    /has shape/,
    /lies at/,
    /which takes/,
    /overlaps/,
    /belong to none/,
    /is cut off/,
    /instead of/,
    /is no safetensors file/,
    /is of type I#/,
    /nested too deep/,
  );
});

test("configurations", async () => {
  const config = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));
  const more = {
    projector_config: { depth: 2, hidden_size: 64, residual_norm: true },
    tokenizer: { type: "rwkv-world", file: "vocab.txt" },
    quantization_config: { quant_method: "auroralong", bits: 4, group_size: 32 },
  };
  const tally = await fuzz(
    20_000,
    4,
    (mutator) => new TextEncoder().encode(mutator.mutateJson(mutator.pick([config, { ...config, ...more }]))),
    (input) => parseConfig(JSON.parse(new TextDecoder().decode(input))),
  );
  expectReached(
    tally,
    0.02,
    /the whole file should be an object/,
    /is missing/,
    /nested too deep/,
    /model_type is/,
    /image_size/,
    /divisor/,
    /select_layer/,
    /prompt\.memory/,
    /stop_ids/,
    /merge_config/,
    /the name of a file/,
    /quantised in a way/,
  );
});

test("indexes of shards", async () => {
  const index = JSON.parse(readFileSync("tests/fixtures/models/clipped/model.safetensors.index.json", "utf8"));
  const map = Object.fromEntries(Object.entries(index.weight_map).slice(0, 8));
  const small = { ...index, weight_map: map };
  const tally = await fuzz(
    10_000,
    5,
    (mutator) =>
      mutator.below(2) === 0
        ? mutator.mutate([jsonBytes(small)], jsonWords)
        : new TextEncoder().encode(mutator.mutateJson(small)),
    (input) => parseShardIndex("index.json", input),
  );
  expectReached(
    tally,
    0.02,
    /it is no JSON/,
    /whole file/,
    /weight_map should be an object/,
    /names of files/,
    /total_size/,
  );
});

test("vocabularies", async () => {
  const single = Array.from(
    { length: 256 },
    (_, byte) => `${byte + 1} b'\\x${byte.toString(16).padStart(2, "0")}' 1\n`,
  );
  const vocabulary = new TextEncoder().encode(
    `${single.join("")}257 'ab' 2\n258 "it's" 4\n259 '\\u00e9\\n' 3\n260 'é' 2\n`,
  );
  const words = [" ", "\n", "'", '"', "b'", "\\x", "\\u12", "\\U00110000", "\\", "261 'abc' 3\n", "é", "\xff"].map(
    bytesOf,
  );
  const tally = await fuzz(
    5_000,
    6,
    (mutator) => mutator.mutate([vocabulary], words),
    (input) => createWorldTokenizer(input).encode("ab it's é\n"),
  );
  expectReached(
    tally,
    0.001,
    /does not have id/,
    /no line of id/,
    /no token that can be read/,
    /not the length stated/,
    /are the same/,
    /no token for byte/,
    /no text in UTF/,
  );
});
