import { describe, expect, test } from "vitest";
import { type PickleGlobals, parsePickle, Unneeded } from "../../../src/model/pickle.ts";

const none: PickleGlobals = { find: () => undefined, findPersistent: () => undefined };

/** A pickle from texts, one character a byte, and byte values. */
function pickle(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "number" ? [part] : Buffer.from(part, "latin1").toJSON().data)),
  );
}

const parse = (...parts: readonly (string | number)[]) => parsePickle("test.pth", pickle(...parts), none);
const proto = "\x80\x02";

describe("values", () => {
  // Each as Python's pickle.dumps writes it with protocol 2 or 4.
  test.each<[string, unknown, ...(string | number)[]]>([
    ["None", null, "N."],
    ["true and false", [true, false], "\x88\x89\x86."],
    ["small integers", [0, 255, 65535], "K\x00K\xffM\xff\xff\x87."],
    ["negative integer", -2, "J\xfe\xff\xff\xff."],
    ["40 bits", 2 ** 40, "\x8a\x06\x00\x00\x00\x00\x00\x01."],
    ["−2⁶³", -(2 ** 63), "\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."],
    ["LONG1 of no bytes", 0, "\x8a\x00."],
    ["beyond 64 bits", Number.NaN, "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x40."],
    ["float", 0.1, "G\x3f\xb9\x99\x99\x99\x99\x99\x9a."],
    ["texts", ["é", "b"], "X\x02\x00\x00\x00\xc3\xa9\x8c\x01b\x86."],
    ["list", [1, [2, 3]], "]q\x00(K\x01]q\x01(K\x02K\x03ee."],
    ["tuple from the memo", ["a", "a"], "\x8c\x01a\x94h\x00\x86\x94."],
    [
      "dictionary",
      new Map<unknown, unknown>([
        ["a", 1],
        [2, []],
      ]),
      "}q\x00(X\x01\x00\x00\x00aK\x01K\x02)u.",
    ],
    ["item by item", new Map([["a", [9]]]), "}q\x00X\x01\x00\x00\x00a]K\x09as."],
  ])("%s", (_, value, ...parts) => {
    expect(parse(proto, ...parts)).toEqual(value);
  });
});

/** What may not be in a pickle, and what the error's message says. */
const refused: [string, RegExp, ...(string | number)[]][] = [
  [
    "a function to call",
    /asks for os\.system, which no weights need \(nothing was run\)/,
    "cos\nsystem\n(X\x01\0\0\0atR.",
  ],
  ["one named on the stack", /asks for os\.system/, "\x8c\x02os\x8c\x06system\x93."],
  ["one whose name is a list", /asks for something without a name/, "\x8c\x02os]\x93."],
  ["a name of 1,000 characters", /asks for a{80}…,/, `c${"a".repeat(1000)}\nb\n.`],
  ["NEWOBJ", /holds NEWOBJ, which no weights need/, "))\x81."],
  ["INST", /holds INST/, "(ios\nsystem\n."],
  ["OBJ", /holds OBJ/, "(N)o."],
  ["EXT4", /holds EXT4/, "\x84\x01\0\0\0."],
  ["LONG4", /holds LONG4/, "\x8b\xff\xff\xff\x7f."],
  ["the text forms of protocol 0", /holds INT,/, "I12\n."],
  ["NEXT_BUFFER", /holds NEXT_BUFFER/, "\x97."],
  ["what is no instruction", /holds byte 1 for an instruction/, "\x01."],
  ["a call of what is no function", /REDUCE/, "]]R."],
  ["a persistent id of what is none", /BINPERSID/, "NQ."],
  ["attributes of a list", /BUILD/, "]}b."],
  ["a version of the future", /is of version 6/, "\x80\x06."],
  ["a text longer than the file", /is cut off/, "X\xff\xff\xff\xffabc"],
  ["a text of 2⁶⁴ − 1 bytes", /is cut off/, "\x8d\xff\xff\xff\xff\xff\xff\xff\xff"],
  ["no end", /is cut off/, "]"],
  ["a line without end", /is cut off/, "ctorch"],
  ["a text that is no UTF-8", /is no UTF-8/, "X\x01\0\0\0\xff."],
  ["nothing on the stack", /takes a value where there is none/, "."],
  ["a value below the mark", /takes a value where there is none/, "N(0K\x01\x86.".replace("0", "")],
  ["a mark that is not there", /to a mark where there is none/, "Nt."],
  ["a memo that is empty", /refers to value 3, which is not there/, "h\x03."],
  ["items of a number", /sets items of what has none/, "K\x01(NNu."],
  ["half an item", /sets items of what has none/, "}(Nu."],
  ["an append to a number", /appends to what is no list/, "K\x01Na."],
];

describe("what weights do not need is refused by its name", () => {
  test.each(refused)("%s", (_, message, ...parts) => {
    let error: unknown;
    try {
      parse(proto, ...parts);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "ModelCorrupt", message: expect.stringMatching(message) });
  });

  test("and so is a pickle of more than a million instructions", () => {
    expect(() => parse("]".repeat(1 << 21))).toThrow(/goes on after 1048576 instructions/);
    expect(parse("]".repeat(1 << 19), ".")).toEqual([]);
  });
});

test("only the functions given are called, and may refuse their arguments", () => {
  const calls: unknown[] = [];
  const globals: PickleGlobals = {
    find: (name) =>
      name === "a.b"
        ? (args: readonly unknown[]) => {
            calls.push(args);
            return args.length === 1 ? "called" : undefined;
          }
        : undefined,
    findPersistent: (id) => (id === "key" ? "found" : undefined),
  };
  expect(parsePickle("test.pth", pickle("ca\nb\nX\x03\0\0\0keyQ\x85R."), globals)).toBe("called");
  expect(calls).toEqual([["found"]]);
  expect(() => parsePickle("test.pth", pickle("ca\nb\n)R."), globals)).toThrow(/REDUCE/);
});

test("what nobody needs is read past, and stays what it is whatever is done with it", () => {
  const globals: PickleGlobals = { find: (name) => new Unneeded(name), findPersistent: () => undefined };
  // A call, an object of a class, items, elements and attributes.
  for (const done of [")R.", ")\x81.", "(NNu.", "Na.", "}b.", ")R}b(K\x01K\x02e."])
    expect(parsePickle("test.pth", pickle(`cos\nsystem\n${done}`), globals)).toEqual(new Unneeded("os.system"));
  expect(() => parsePickle("test.pth", pickle("cos\nsystem\nNR."), globals)).toThrow(/REDUCE/);
  expect(new Unneeded("a".repeat(100)).name).toHaveLength(81);
});
