import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openTorchZip } from "../../../src/model/torch-zip.ts";
import { memoryReader } from "./memory-reader.ts";

const folder = "tests/fixtures/torch/";
const file = (name: string) => new Uint8Array(readFileSync(folder + name));
const open = (name: string) => openTorchZip(memoryReader(name, file(name)));

type Described = Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly hex: string }>;
/** What PyTorch has in each file. */
const expected: Record<string, Described> = JSON.parse(readFileSync(`${folder}expected.json`, "utf8"));

/** Types that are listed, but not read. */
const unusable = ["F64", "I64", "I32", "I16", "BOOL", "C64"];

describe("files of torch.save hold what PyTorch put there", () => {
  test.each(Object.entries(expected))("%s", async (name, tensors) => {
    const source = await open(name);
    expect(source.names).toEqual(Object.keys(tensors));
    expect(source.info("epoch")).toBeNull();
    for (const [tensor, { dtype, shape, hex }] of Object.entries(tensors)) {
      expect(source.info(tensor), tensor).toEqual({ dtype, shape });
      if (unusable.includes(dtype)) {
        await expect(source.read(tensor)).rejects.toMatchObject({
          code: "ModelUnsupported",
          message: expect.stringContaining(`${tensor} of the model's ${name} is of type ${dtype}`),
        });
      } else if (tensor === "expanded" || tensor === "overlapping") {
        await expect(source.read(tensor)).rejects.toMatchObject({
          code: "ModelUnsupported",
          message: expect.stringContaining(`Tensor ${tensor} of the model's views.pth is a view into others`),
        });
      } else {
        const read = await source.read(tensor);
        expect([read.dtype, read.shape, Buffer.from(read.bytes).toString("hex")]).toEqual([dtype, shape, hex]);
      }
    }
  });

  test.each(["mmengine-2.pth", "mmengine-5.pth"])("%s: past objects of classes that are not known", async (name) => {
    const { unread } = await open(name);
    expect([...(unread ?? [])]).toEqual([["visual_encoder.pos_emb", "torch._utils._rebuild_meta_tensor_no_storage"]]);
  });

  test("by rows, also of tensors that lie across", async () => {
    const source = await open("views.pth");
    for (const name of ["base", "rows", "row", "columns", "every", "transposed", "cube", "permuted", "half", "last"]) {
      const { shape = [], hex = "" } = expected["views.pth"]?.[name] ?? {};
      const [rows = 0, ...rest] = shape;
      const rowLength = hex.length / rows;
      for (let first = 0; first <= rows; first++) {
        for (let end = first; end <= rows; end++) {
          const read = await source.read(name, [first, end]);
          expect(read.shape).toEqual([end - first, ...rest]);
          expect(Buffer.from(read.bytes).toString("hex")).toBe(hex.slice(first * rowLength, end * rowLength));
        }
      }
    }
    await expect(source.read("base", [2, 7])).rejects.toThrow(/rows 2 to 7 of 6/);
  });
});

/** A file with a gap of zeros in front of its directory, as if it held a large tensor. */
function withGap(bytes: Uint8Array, length: number): Uint8Array {
  const end = bytes.length - 22;
  const directory = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end + 16, true);
  const longer = new Uint8Array(bytes.length + length);
  longer.set(bytes.subarray(0, directory));
  longer.set(bytes.subarray(directory), directory + length);
  new DataView(longer.buffer).setUint32(end + length + 16, directory + length, true);
  return longer;
}

test("only the directory, the pickle and what is asked for are read", async () => {
  const reader = memoryReader("large.pth", withGap(file("old.pth"), 1 << 24));
  const source = await openTorchZip(reader);
  expect(reader.reads.length).toBeLessThanOrEqual(4);
  const opened = reader.reads.reduce((sum, [begin, end]) => sum + end - begin, 0);
  expect(opened).toBeLessThan(3 << 16);
  const { hex } = expected["old.pth"]?.half ?? {};
  expect(Buffer.from((await source.read("half")).bytes).toString("hex")).toBe(hex);
  expect(reader.reads.length).toBeLessThanOrEqual(5);
});

/** Why a file is refused. */
const refused: [string, "ModelCorrupt" | "ModelUnsupported", RegExp][] = [
  ["malicious.pth", "ModelCorrupt", /asks for (posix|nt)\.system, which no weights need \(nothing was run\)/],
  ["module-object.pth", "ModelCorrupt", /asks for torch\.nn\.modules\.activation\.ReLU/],
  ["sparse.pth", "ModelCorrupt", /asks for torch\._utils\._rebuild_sparse_tensor/],
  ["script.pt", "ModelCorrupt", /asks for __torch__\.\S+|holds \w+/],
  ["deflated.pth", "ModelUnsupported", /holds deflated\/\S+ compressed or encrypted|holds plain\/\S+ compressed/],
  ["big-endian.pth", "ModelUnsupported", /in big-endian order/],
  ["no-pickle.zip", "ModelUnsupported", /is a zip file, but none that PyTorch's torch\.save writes/],
  ["no-tensors.pth", "ModelUnsupported", /holds no tensors by name/],
  ["list.pth", "ModelUnsupported", /holds no tensors by name/],
];

describe("a file that is no checkpoint is refused", () => {
  test.each(refused)("%s", async (name, code, message) => {
    await expect(open(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

/** A file with some bytes behind a mark in it replaced. */
function patched(
  name: string,
  mark: string,
  offset: number,
  bytes: readonly number[],
  from: "first" | "last" = "last",
) {
  const copy = Buffer.from(file(name));
  const at = from === "first" ? copy.indexOf(mark, 0, "latin1") : copy.lastIndexOf(mark, undefined, "latin1");
  expect(at).toBeGreaterThanOrEqual(0);
  copy.set(bytes, at + offset);
  return new Uint8Array(copy);
}

const endMark = "PK\x05\x06";
const entryMark = "PK\x01\x02";
const headerMark = "PK\x03\x04";
const plain = file("plain.pth");
/** The entry of the first tensor's values in the directory: its name begins 46 bytes behind the mark. */
const valuesEntry = plain.length - Buffer.from(plain).lastIndexOf("plain/data/0") + 46;

/** A damaged file and what the error's message says. */
const damaged: [string, Uint8Array, RegExp][] = [
  ["empty", new Uint8Array(0), /is cut off: it lacks the directory/],
  ["cut", plain.subarray(0, -1), /is cut off: it lacks the directory/],
  ["cut in the middle", plain.subarray(0, 1500), /is cut off: it lacks the directory/],
  ["one byte more", new Uint8Array([...plain, 0]), /is cut off: it lacks the directory/],
  ["directory behind the end", patched("old.pth", endMark, 16, [255, 255]), /its directory does not lie inside it/],
  ["directory moved", patched("old.pth", endMark, 16, [0, 0]), /directory|entry 1/],
  ["one entry more", patched("old.pth", endMark, 10, [200]), /its directory has \d+ of 200 entries/],
  [
    "entry without its mark",
    patched("plain.pth", entryMark, 0, [0], "first"),
    /entry 1 of its directory cannot be read/,
  ],
  [
    "header without its mark",
    patched("plain.pth", headerMark, 0, [0], "first"),
    /data\.pkl is not where its directory/,
  ],
  ["name behind the end", patched("plain.pth", entryMark, 28, [255, 255]), /its directory is cut off/],
  ["two lengths", patched("plain.pth", entryMark, 20, [1], "first"), /data\.pkl has two different lengths/],
  [
    "zip64 record elsewhere",
    patched("zip64.pth", "PK\x06\x07", 8, [3]),
    /place of its directory is not where it should/,
  ],
];

describe("a damaged zip file is refused with its name and what is wrong", () => {
  test.each(damaged)("%s", async (_, bytes, message) => {
    await expect(openTorchZip(memoryReader("test.pth", bytes))).rejects.toMatchObject({
      code: "ModelCorrupt",
      message: expect.stringMatching(message),
    });
  });

  test("values shorter than the tensor", async () => {
    const bytes = plain.slice();
    bytes.fill(0, bytes.length - valuesEntry + 20, bytes.length - valuesEntry + 28); // both lengths
    await expect(openTorchZip(memoryReader("test.pth", bytes))).rejects.toThrow(/tensor emb\.weight ends outside/);
  });

  test("encrypted", async () => {
    const bytes = patched("plain.pth", entryMark, 8, [1], "first");
    await expect(openTorchZip(memoryReader("test.pth", bytes))).rejects.toMatchObject({ code: "ModelUnsupported" });
  });
});
