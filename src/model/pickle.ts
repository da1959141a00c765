import { corruptFile } from "./fields.ts";
import { opcodeNames } from "./pickle-opcodes.ts";

/**
 * What a pickle's names stand for. A pickle can name any function of Python and have it called; here a name stands for
 * what this gives for it and for nothing else, so that no code is ever run.
 */
export type PickleGlobals = {
  /** What a name such as `collections.OrderedDict` stands for; undefined when it is not allowed. */
  find(name: string): unknown;
  /** What the id of an object outside the pickle stands for; undefined when it is no such id. */
  findPersistent(id: unknown): unknown;
};

/** A function that a pickle may call; undefined when the arguments do not fit. */
export type PickleFunction = (args: readonly unknown[]) => unknown;

/**
 * Stands for whatever a name that is not known would have made. It takes every call, item and attribute and stays what it
 * is, so that a file can be read past things that nobody here needs.
 */
export class Unneeded {
  /** What the pickle asked for, cut to what a message can show. */
  readonly name: string;

  constructor(name: string) {
    this.name = shorten(name);
  }
}

/** 50 of them make a tensor: enough for 20,000 tensors, and few enough to bound the memory that the results take. */
const maxInstructions = 1 << 20;

/**
 * Reads a pickle (protocols 2 to 5, https://github.com/python/cpython/blob/3.12/Lib/pickletools.py) as far as weights
 * need it. Lists and tuples become arrays, dictionaries Maps, integers numbers; one beyond 64 bits becomes NaN.
 *
 * @param file the file's name, for messages
 * @throws AuroraError `ModelCorrupt` with the name of the instruction or the global that is not allowed
 */
export function parsePickle(file: string, bytes: Uint8Array, globals: PickleGlobals): unknown {
  const machine = new Machine(file, bytes, globals);
  for (let count = 0; count < maxInstructions; count++) {
    const opcode = machine.readUint(1);
    if (opcode === stop) return machine.pop();
    const name = opcodeNames.get(opcode);
    const run = name === undefined ? undefined : instructions[name];
    if (!run) throw machine.corrupt(`holds ${name ?? `byte ${opcode} for an instruction`}, which no weights need`);
    run(machine);
  }
  throw machine.corrupt(`goes on after ${maxInstructions} instructions`);
}

const stop = 0x2e;

/** The pickle's bytes, stack and memo. Every method throws `ModelCorrupt` for what no pickle holds. */
class Machine {
  readonly globals: PickleGlobals;
  readonly #file: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: unknown[] = [];
  /** Heights of the stack where an instruction MARK stood. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #at = 0;

  constructor(file: string, bytes: Uint8Array, globals: PickleGlobals) {
    this.#file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.globals = globals;
  }

  corrupt(problem: string, cause?: unknown) {
    return corruptFile(this.#file, `is damaged: its pickle ${problem}`, cause);
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  /** Takes the value on top; those below the last mark are out of reach. */
  pop(): unknown {
    this.top();
    return this.#stack.pop();
  }

  top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.corrupt("takes a value where there is none");
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes all values down to the last mark, the lowest first. */
  popToMark(): unknown[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.corrupt("takes values to a mark where there is none");
    return this.#stack.splice(height);
  }

  popMany(count: number): unknown[] {
    const values: unknown[] = [];
    for (let left = count; left > 0; left--) values.unshift(this.pop());
    return values;
  }

  /** Stores the value on top under a number, by default the next. */
  memoize(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) throw this.corrupt(`refers to value ${index}, which is not there`);
    this.push(this.#memo.get(index));
  }

  readBytes(length: number): Uint8Array {
    const begin = this.#at;
    if (!(begin + length <= this.#bytes.length)) throw this.corrupt("is cut off");
    this.#at += length;
    return this.#bytes.subarray(begin, begin + length);
  }

  /** A little-endian unsigned integer; one of 8 bytes is not exact above 2⁵³, where nothing has so many bytes. */
  readUint(byteLength: 1 | 2 | 4 | 8): number {
    const at = this.#at;
    this.readBytes(byteLength);
    if (byteLength === 1) return this.#view.getUint8(at);
    if (byteLength === 2) return this.#view.getUint16(at, true);
    return byteLength === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  readFloat64(): number {
    const at = this.#at;
    this.readBytes(8);
    return this.#view.getFloat64(at);
  }

  readText(length: number): string {
    return this.#decode(this.readBytes(length));
  }

  /** Text up to the end of the line. */
  readLine(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.corrupt("is cut off");
    const line = this.readBytes(end - this.#at);
    this.#at = end + 1;
    return this.#decode(line);
  }

  #decode(bytes: Uint8Array): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw this.corrupt("has a text that is no UTF-8", error);
    }
  }
}

function pushGlobal(machine: Machine, module: unknown, name: unknown): void {
  const path =
    typeof module === "string" && typeof name === "string" ? `${module}.${name}` : "something without a name";
  const found = machine.globals.find(path);
  if (found === undefined) throw machine.corrupt(`asks for ${shorten(path)}, which no weights need (nothing was run)`);
  machine.push(found);
}

function shorten(path: string): string {
  return path.length > 80 ? `${path.slice(0, 80)}…` : path;
}

function callFunction(machine: Machine): void {
  const args = machine.pop();
  const callee = machine.pop();
  const call = typeof callee === "function" ? (callee as PickleFunction) : () => callee;
  const fits = (typeof callee === "function" || callee instanceof Unneeded) && Array.isArray(args);
  const result = fits ? call(args) : undefined;
  if (result === undefined) throw machine.corrupt("has a REDUCE of values that do not fit");
  machine.push(result);
}

/** Objects are made of classes, and no weights are objects: only what stands for one that nobody needs can be. */
function createObject(machine: Machine): void {
  machine.pop();
  const created = machine.pop();
  if (!(created instanceof Unneeded)) throw machine.corrupt("holds NEWOBJ, which no weights need");
  machine.push(created);
}

function pushPersistent(machine: Machine): void {
  const found = machine.globals.findPersistent(machine.pop());
  if (found === undefined) throw machine.corrupt("has a BINPERSID of values that do not fit");
  machine.push(found);
}

function extendList(machine: Machine, items: readonly unknown[]): void {
  const list = machine.top();
  if (list instanceof Unneeded) return;
  if (!Array.isArray(list)) throw machine.corrupt("appends to what is no list");
  for (const item of items) list.push(item);
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const dict = machine.top();
  if (dict instanceof Unneeded) return;
  if (!(dict instanceof Map) || items.length % 2 !== 0) throw machine.corrupt("sets items of what has none");
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

/** Attributes, such as the `_metadata` of PyTorch's state dicts, are not kept. */
function ignoreAttributes(machine: Machine): void {
  machine.pop();
  const target = machine.top();
  if (!(target instanceof Map || target instanceof Unneeded))
    throw machine.corrupt("has a BUILD of what is no dictionary");
}

function readLong(machine: Machine): number {
  const bytes = machine.readBytes(machine.readUint(1));
  if (bytes.length > 8) return Number.NaN;
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return Number(BigInt.asIntN(8 * bytes.length, value));
}

const instructions: Readonly<Record<string, (machine: Machine) => void>> = {
  PROTO: (machine) => {
    const version = machine.readUint(1);
    if (version > 5) throw machine.corrupt(`is of version ${version}`);
  },
  FRAME: (machine) => void machine.readUint(8),
  MARK: (machine) => machine.mark(),
  NONE: (machine) => machine.push(null),
  NEWTRUE: (machine) => machine.push(true),
  NEWFALSE: (machine) => machine.push(false),
  BININT: (machine) => machine.push(machine.readUint(4) | 0),
  BININT1: (machine) => machine.push(machine.readUint(1)),
  BININT2: (machine) => machine.push(machine.readUint(2)),
  LONG1: (machine) => machine.push(readLong(machine)),
  BINFLOAT: (machine) => machine.push(machine.readFloat64()),
  BINUNICODE: (machine) => machine.push(machine.readText(machine.readUint(4))),
  SHORT_BINUNICODE: (machine) => machine.push(machine.readText(machine.readUint(1))),
  BINUNICODE8: (machine) => machine.push(machine.readText(machine.readUint(8))),
  BINBYTES: (machine) => machine.push(machine.readBytes(machine.readUint(4))),
  BYTEARRAY8: (machine) => machine.push(machine.readBytes(machine.readUint(8))),
  SHORT_BINBYTES: (machine) => machine.push(machine.readBytes(machine.readUint(1))),
  EMPTY_TUPLE: (machine) => machine.push([]),
  TUPLE1: (machine) => machine.push(machine.popMany(1)),
  TUPLE2: (machine) => machine.push(machine.popMany(2)),
  TUPLE3: (machine) => machine.push(machine.popMany(3)),
  TUPLE: (machine) => machine.push(machine.popToMark()),
  EMPTY_LIST: (machine) => machine.push([]),
  // Sets stand beside weights only, so that what is in them twice does not matter.
  EMPTY_SET: (machine) => machine.push([]),
  ADDITEMS: (machine) => extendList(machine, machine.popToMark()),
  FROZENSET: (machine) => machine.push(machine.popToMark()),
  APPEND: (machine) => extendList(machine, [machine.pop()]),
  APPENDS: (machine) => extendList(machine, machine.popToMark()),
  EMPTY_DICT: (machine) => machine.push(new Map()),
  SETITEM: (machine) => setItems(machine, machine.popMany(2)),
  SETITEMS: (machine) => setItems(machine, machine.popToMark()),
  BINPUT: (machine) => machine.memoize(machine.readUint(1)),
  LONG_BINPUT: (machine) => machine.memoize(machine.readUint(4)),
  MEMOIZE: (machine) => machine.memoize(),
  BINGET: (machine) => machine.recall(machine.readUint(1)),
  LONG_BINGET: (machine) => machine.recall(machine.readUint(4)),
  GLOBAL: (machine) => pushGlobal(machine, machine.readLine(), machine.readLine()),
  STACK_GLOBAL: (machine) => {
    const name = machine.pop();
    pushGlobal(machine, machine.pop(), name);
  },
  BINPERSID: pushPersistent,
  REDUCE: callFunction,
  NEWOBJ: createObject,
  BUILD: ignoreAttributes,
};
