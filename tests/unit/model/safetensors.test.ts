import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { RangeReader } from "../../../src/bytes/range-reader.ts";
import { toFloat32 } from "../../../src/model/half.ts";
import { openSafetensors } from "../../../src/model/safetensors.ts";
import { expectTensor } from "../../../src/model/tensors.ts";
import { safetensorsFile } from "./safetensors-file.ts";

const nano = new Uint8Array(readFileSync("public/models/nano/model.safetensors"));

/** Bytes of a safetensors file's header, which its first eight say. */
function headerLength(file: Uint8Array): number {
  return Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
}

describe("the embedded model's weights", () => {
  test("open by reading the header, and one tensor at a time", async () => {
    const reader = memoryReader(nano);
    const source = await openSafetensors(reader);
    expect(source.names).toHaveLength(251);
    expect(source.info("blocks.1.att.time_maa_w2")).toMatchObject({ shape: [5, 16, 192], dtype: "F16" });
    expect(source.info("constructor")).toBeNull();
    const headerEnd = 8 + headerLength(nano);
    const [begin, end] = JSON.parse(new TextDecoder().decode(nano.subarray(8, headerEnd)))["ln_out.bias"].data_offsets;
    expect(reader.reads).toEqual([
      [0, 8],
      [8, headerEnd],
    ]);
    const bias = await source.read("ln_out.bias");
    expect(reader.reads[2]).toEqual([headerEnd + begin, headerEnd + end]);
    expect([bias.dtype, bias.shape, bias.bytes.byteLength]).toEqual(["F16", [192], 384]);
    expect(toFloat32(bias).every((value) => Number.isFinite(value) && Math.abs(value) < 10)).toBe(true);
  });

  test("are as expected, or the error says which tensor is not", async () => {
    const source = await openSafetensors(memoryReader(nano));
    expect((await expectTensor(source, "blocks.0.att.time_decay_w1", [192, null])).shape).toEqual([192, 32]);
    await expect(expectTensor(source, "blocks.0.att.time_decay_w1", [64, null])).rejects.toMatchObject({
      code: "ModelCorrupt",
      message: expect.stringContaining("time_decay_w1 has shape [192, 32], expected [64, any]"),
    });
    await expect(expectTensor(source, "head.weight", [1222])).rejects.toThrow(/\[1222, 192\], expected \[1222\]/);
    await expect(expectTensor(source, "tail.weight", [1222, 192])).rejects.toThrow(/tail\.weight is missing/);
    await expect(source.read("tail.weight")).rejects.toMatchObject({ code: "ModelCorrupt" });
  });
});

describe("types and layouts", () => {
  test("reads F32, F16 and BF16, empty tensors and scalars, in any order", async () => {
    const file = safetensorsFile(
      {
        late: { dtype: "F16", shape: [2], data_offsets: [6, 10] },
        __metadata__: { format: "pt" },
        scalar: { dtype: "F32", shape: [], data_offsets: [2, 6] },
        none: { dtype: "F32", shape: [0, 4], data_offsets: [2, 2] },
        early: { dtype: "BF16", shape: [1], data_offsets: [0, 2] },
      },
      [0x80, 0x3f, 0, 0, 0x20, 0x41, 0, 0x3c, 0, 0xc0],
    );
    const source = await openSafetensors(memoryReader(file));
    const values = await Promise.all(source.names.map(async (name) => [name, ...toFloat32(await source.read(name))]));
    expect(values).toEqual([["late", 1, -2], ["scalar", 10], ["none"], ["early", 1]]);
  });

  test("reads only the rows asked for", async () => {
    const reader = memoryReader(
      safetensorsFile(
        {
          a: { dtype: "U8", shape: [3, 2], data_offsets: [2, 8] },
          b: { dtype: "I8", shape: [2], data_offsets: [0, 2] },
        },
        [9, 8, 1, 2, 3, 4, 5, 6],
      ),
    );
    const source = await openSafetensors(reader);
    const two = await source.read("a", [1, 3]);
    expect([two.shape, two.dtype, [...two.bytes]]).toEqual([[2, 2], "U8", [3, 4, 5, 6]]);
    expect([...(await source.read("b", [0, 1])).bytes]).toEqual([9]);
    expect((await source.read("a", [3, 3])).shape).toEqual([0, 2]);
    expect(reader.reads.slice(2).map(([begin, end]) => end - begin)).toEqual([4, 1, 0]);
    await expect(source.read("a", [2, 4])).rejects.toThrow(/rows 2 to 4 of 3/);
  });

  test("lists other types, and says on reading that they cannot be used", async () => {
    const file = safetensorsFile({ ids: { dtype: "I64", shape: [1], data_offsets: [0, 8] } }, new Array(8).fill(0));
    const source = await openSafetensors(memoryReader(file));
    expect(source.info("ids")?.shape).toEqual([1]);
    await expect(source.read("ids")).rejects.toMatchObject({
      code: "ModelUnsupported",
      message: expect.stringMatching(/ids of the model's test\.safetensors is of type I64/),
    });
  });
});

const f32 = (begin: number, end: number, shape = [1]) => ({ dtype: "F32", shape, data_offsets: [begin, end] });
const data = (length: number) => new Array<number>(length).fill(0);
const whole = safetensorsFile({ a: f32(0, 4), b: f32(4, 8) }, data(8));
const longHeader = (bytes: bigint) => new Uint8Array([...new Uint8Array(BigUint64Array.of(bytes).buffer), 123, 125]);

/** A damaged file and what the error's message says. */
const broken: [string, Uint8Array, RegExp][] = [
  ["empty", new Uint8Array(0), /test\.safetensors is cut off: it has 0 bytes/],
  ["cut in the header", whole.subarray(0, 40), /is cut off: 40 of at least \d+ bytes/],
  ["cut in the data", whole.subarray(0, -3), new RegExp(`is cut off: ${whole.length - 3} of ${whole.length} bytes`)],
  [
    "longer than it says",
    new Uint8Array([...whole, 0]),
    new RegExp(`${whole.length + 1} bytes instead of ${whole.length}`),
  ],
  ["something else", new TextEncoder().encode("PK\u0003\u0004 a zip file, for example"), /is no safetensors file/],
  ["Git LFS pointer", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"), /git lfs pull/],
  ["header of 2⁶³ bytes", longHeader(1n << 63n), /is no safetensors file/],
  ["header of 0 bytes", longHeader(0n), /is no safetensors file/],
  ["header that is no JSON", safetensorsFile("{", []), /header is no JSON/],
  ["header that is no object", safetensorsFile([], []), /header is no JSON object/],
  ["entry that is no object", safetensorsFile({ a: null }, []), /tensor a is of the unknown type missing/],
  [
    "unknown type",
    safetensorsFile({ a: { ...f32(0, 4), dtype: "F99" } }, data(4)),
    /tensor a is of the unknown type "F99"/,
  ],
  ["negative size", safetensorsFile({ a: f32(0, 4, [-1]) }, data(4)), /tensor a has shape \[-1\]/],
  [
    "shape nested deep",
    safetensorsFile(`{"a":{"dtype":"F32","data_offsets":[0,4],"shape":${"[".repeat(1e5)}${"]".repeat(1e5)}}}`, data(4)),
    /tensor a has shape nested too deep to show/,
  ],
  ["shape that is no list", safetensorsFile({ a: { ...f32(0, 4), shape: 1 } }, data(4)), /tensor a has shape 1/],
  ["offsets missing", safetensorsFile({ a: { dtype: "F32", shape: [1] } }, data(4)), /tensor a lies at missing/],
  [
    "three offsets",
    safetensorsFile({ a: { ...f32(0, 4), data_offsets: [0, 4, 8] } }, data(8)),
    /tensor a lies at \[0,4,8\]/,
  ],
  [
    "backward offsets",
    safetensorsFile({ a: f32(4, 0) }, data(4)),
    /tensor a has -4 bytes for F32 \[1\], which takes 4/,
  ],
  [
    "wrong length",
    safetensorsFile({ a: f32(0, 4, [2]) }, data(4)),
    /tensor a has 4 bytes for F32 \[2\], which takes 8/,
  ],
  ["absurd shape", safetensorsFile({ a: f32(0, 4, [2 ** 52, 2 ** 52]) }, data(4)), /tensor a has 4 bytes/],
  ["offsets past the end", safetensorsFile({ a: f32(0, 4), b: f32(4, 8) }, data(4)), /is cut off/],
  ["overlap", safetensorsFile({ a: f32(0, 8, [2]), b: f32(4, 8) }, data(8)), /tensor b overlaps the one before it/],
  ["hole", safetensorsFile({ a: f32(0, 4), b: f32(8, 12) }, data(12)), /4 bytes before tensor b belong to none/],
];

describe("a damaged file is refused with its name and what is wrong", () => {
  test.each(broken)("%s", async (_, bytes, message) => {
    await expect(openSafetensors(memoryReader(bytes))).rejects.toMatchObject({
      code: "ModelCorrupt",
      message: expect.stringMatching(message),
    });
  });
});

function memoryReader(bytes: Uint8Array): RangeReader & { readonly reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    name: "test.safetensors",
    byteLength: bytes.byteLength,
    reads,
    async read(begin, end) {
      reads.push([begin, end]);
      expect(begin >= 0 && begin <= end && end <= bytes.byteLength).toBe(true);
      return bytes.subarray(begin, end);
    },
  };
}
