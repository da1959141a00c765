import { AuroraError } from "../errors.ts";

type Range = { readonly min?: number; readonly max?: number };
type Reader<T> = (value: unknown) => T | undefined;

/**
 * Checked access to the fields of one JSON object. In every method a missing or null field takes `fallback`, and without
 * a fallback is an error. @throws AuroraError `ModelCorrupt` naming the field, what was expected and what was found
 */
export class Fields {
  readonly #file: string;
  readonly #path: string;
  readonly #values: Readonly<Record<string, unknown>>;

  /**
   * @param file name of the JSON file, for messages
   * @param path where `json` lies in the file, such as `vision_config`; "" for the root
   */
  constructor(file: string, path: string, json: unknown) {
    this.#file = file;
    this.#path = path;
    if (!isRecord(json)) throw corruptField(file, path, "an object", json);
    this.#values = json;
  }

  /** A field as it is; undefined where there is none. */
  raw(name: string): unknown {
    return this.#value(name);
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** The object in a field; with `optional`, an empty one where there is none. */
  section(name: string, optional = false): Fields {
    return new Fields(this.#file, this.#join(name), this.#value(name) ?? (optional ? {} : undefined));
  }

  text(name: string, fallback?: string): string {
    return this.#read(name, "a text", asText, fallback);
  }

  flag(name: string, fallback?: boolean): boolean {
    return this.#read(name, "true or false", (value) => (typeof value === "boolean" ? value : undefined), fallback);
  }

  /** A whole number within `range`, by default ≥ 1. */
  count(name: string, range: Range = {}, fallback?: number): number {
    const min = range.min ?? 1;
    const max = range.max ?? Number.MAX_SAFE_INTEGER;
    const expected = `a whole number ${describeRange(min, max)}`;
    return this.#read(name, expected, (value) => asInteger(value, min, max), fallback);
  }

  /** A finite number above 0. */
  positive(name: string, fallback?: number): number {
    return this.#read(name, "a number above 0", asPositive, fallback);
  }

  /** One of `choices`. */
  choice<T extends string>(name: string, choices: readonly T[], fallback?: T): T {
    const expected = `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`;
    return this.#read(name, expected, (value) => choices.find((choice) => choice === value), fallback);
  }

  texts(name: string, fallback?: readonly string[]): readonly string[] {
    return this.#read(name, "a list of texts", listOf(asText), fallback);
  }

  /** Whole numbers within `range`, by default ≥ 0. */
  counts(name: string, range: Range = {}, fallback?: readonly number[]): readonly number[] {
    const min = range.min ?? 0;
    const max = range.max ?? Number.MAX_SAFE_INTEGER;
    const expected = `a list of whole numbers ${describeRange(min, max)}`;
    return this.#read(
      name,
      expected,
      listOf((value) => asInteger(value, min, max)),
      fallback,
    );
  }

  /** Three finite numbers, one for each colour, all above 0 where `positive`. */
  colours(name: string, positive: boolean, fallback?: readonly [number, number, number]): [number, number, number] {
    const expected = positive ? "three numbers above 0" : "three numbers";
    const read = listOf(positive ? asPositive : asFinite);
    const asTriple = (value: unknown): [number, number, number] | undefined => {
      const [red, green, blue, ...more] = read(value) ?? [];
      if (red === undefined || green === undefined || blue === undefined || more.length > 0) return undefined;
      return [red, green, blue];
    };
    return this.#read(name, expected, asTriple, fallback && [...fallback]);
  }

  /** The error for a field of the right type that does not fit the others. */
  corrupt(name: string, expected: string): AuroraError {
    return corruptField(this.#file, this.#join(name), expected, this.#value(name));
  }

  #read<T>(name: string, expected: string, read: Reader<T>, fallback: T | undefined): T {
    const value = this.#value(name);
    const result = value === undefined ? fallback : read(value);
    if (result === undefined) throw this.corrupt(name, expected);
    return result;
  }

  /** Only the object's own fields count: a field named `constructor` is not there unless the file has it. */
  #value(name: string): unknown {
    return (Object.hasOwn(this.#values, name) ? this.#values[name] : undefined) ?? undefined;
  }

  #join(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

/** True for a JSON object, false for lists, null and plain values. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A `ModelCorrupt` about one file of a model folder; `problem` continues "The model's … ". */
export function corruptFile(file: string, problem: string, cause?: unknown): AuroraError {
  return new AuroraError("ModelCorrupt", `The model's ${file} ${problem}. Use another copy of the model.`, cause);
}

function corruptField(file: string, path: string, expected: string, found: unknown): AuroraError {
  const where = path === "" ? "the whole file" : path;
  return corruptFile(file, `is damaged: ${where} should be ${expected}, but is ${describe(found)}`);
}

/** A value from a file as JSON, cut to a length that a message can hold. */
export function describe(found: unknown): string {
  if (found === undefined) return "missing";
  const text = toJson(found);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Lists and objects can be nested so deep in a damaged file that writing them out runs out of stack. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "nested too deep to show";
  }
}

function describeRange(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function asFinite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function asPositive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}

function asInteger(value: unknown, min: number, max: number): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
}

function listOf<T>(read: Reader<T>): Reader<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const items: T[] = [];
    for (const entry of value) {
      const item = read(entry);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  };
}
