import { corruptFile } from "../model/fields.ts";

/** The tokens of an RWKV World vocabulary; their ids are 1, 2, 3 … */
export type WorldVocabulary = {
  /** One more than the largest id. */
  readonly idLimit: number;
  /** The bytes of all tokens, in the order of their ids. */
  readonly bytes: Uint8Array;
  /** [idLimit + 1] Token `id` is the bytes from `starts[id]` up to `starts[id + 1]`; id 0 has none. */
  readonly starts: Uint32Array;
};

/** Far above the published 1.2 MB; keeps what is built from a file bounded. */
const maxLength = 1 << 24;

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const backslash = 0x5c;

/**
 * Parses RWKV's vocabulary file: lines `id SPACE literal SPACE length`, the literal being what Python's `repr` writes for
 * a str (standing for its UTF-8) or for bytes.
 *
 * @throws AuroraError `ModelCorrupt` naming the line
 */
export function parseWorldVocabulary(content: Uint8Array): WorldVocabulary {
  checkText(content);
  // No literal is shorter than what it stands for.
  const bytes = new Uint8Array(content.length);
  const starts: number[] = [0, 0];
  let used = 0;
  for (let at = 0; at < content.length; ) {
    const found = content.indexOf(newline, at);
    const lineEnd = found < 0 ? content.length : found;
    const end = content[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    const id = starts.length - 1;
    const idEnd = content.indexOf(space, at);
    const lengthStart = content.lastIndexOf(space, end - 1);
    if (idEnd < 0 || idEnd >= lengthStart) throw corruptLine(id, "is no line of id, token and length");
    if (readNumber(content, at, idEnd) !== id) throw corruptLine(id, `does not have id ${id}`);
    const written = readLiteral(content.subarray(idEnd + 1, lengthStart), bytes, used);
    if (written === null) throw corruptLine(id, "has no token that can be read");
    if (written === used || written - used !== readNumber(content, lengthStart + 1, end))
      throw corruptLine(id, `has a token of ${written - used} bytes, which is not the length stated`);
    used = written;
    starts.push(used);
    at = lineEnd + 1;
  }
  return { idLimit: starts.length - 1, bytes: bytes.slice(0, used), starts: Uint32Array.from(starts) };
}

function checkText(content: Uint8Array): void {
  if (content.length > maxLength) throw corruptFile("vocabulary", `is damaged: it has ${content.length} bytes`);
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (error) {
    throw corruptFile("vocabulary", "is damaged: it is no text in UTF-8", error);
  }
}

/** A whole number in decimal digits, or null. */
function readNumber(content: Uint8Array, begin: number, end: number): number | null {
  let value = 0;
  for (let at = begin; at < end; at++) {
    const digit = (content[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return end > begin ? value : null;
}

/** Writes what a literal stands for into `out` from `to` on; returns where it ends, or null when it is no literal. */
function readLiteral(literal: Uint8Array, out: Uint8Array, to: number): number | null {
  const isBytes = literal[0] === 0x62; // b
  const quote = literal[isBytes ? 1 : 0];
  const last = literal.length - 1;
  let at = isBytes ? 2 : 1;
  if ((quote !== 0x27 && quote !== 0x22) || last < at || literal[last] !== quote) return null;
  let end = to;
  while (at < last) {
    const byte = literal[at] as number;
    if (byte === quote || (isBytes && byte >= 0x80)) return null;
    if (byte !== backslash) {
      out[end++] = byte;
      at += 1;
      continue;
    }
    const escaped = readEscape(literal, at + 1, last);
    if (!escaped) return null;
    at = escaped.end;
    if (!isBytes) end = writeUtf8(escaped.value, out, end);
    else if (escaped.value <= 0xff) out[end++] = escaped.value;
    else return null;
  }
  return end;
}

/** Escapes of one character after the backslash; all that `repr` writes. */
const simpleEscapes = new Map([
  [0x6e, 0x0a], // n
  [0x72, 0x0d], // r
  [0x74, 0x09], // t
  [0x5c, 0x5c],
  [0x27, 0x27],
  [0x22, 0x22],
]);

/** Hexadecimal digits that follow the backslash and x, u or U. */
const digitCounts = new Map([
  [0x78, 2],
  [0x75, 4],
  [0x55, 8],
]);

/** The code point (or byte) of an escape whose backslash stands before `at`, and where it ends; null when it is none. */
function readEscape(literal: Uint8Array, at: number, limit: number): { value: number; end: number } | null {
  const kind = literal[at] ?? 0;
  const simple = at < limit ? simpleEscapes.get(kind) : undefined;
  if (simple !== undefined) return { value: simple, end: at + 1 };
  const end = at + 1 + (digitCounts.get(kind) ?? limit);
  if (end > limit) return null;
  const digits = String.fromCharCode(...literal.subarray(at + 1, end));
  const value = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  const isCharacter = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
  return isCharacter ? { value, end } : null;
}

function writeUtf8(codePoint: number, out: Uint8Array, at: number): number {
  return at + new TextEncoder().encodeInto(String.fromCodePoint(codePoint), out.subarray(at)).written;
}

function corruptLine(line: number, problem: string) {
  return corruptFile("vocabulary", `is damaged: line ${line} ${problem}`);
}
