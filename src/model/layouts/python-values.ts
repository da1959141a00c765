/** A value as Python writes it down: texts, numbers, lists and dictionaries; a dotted name stands for itself. */
export type PythonValue = string | number | boolean | null | PythonName | readonly PythonValue[] | PythonDict;

/** Texts of a dictionary's keys, or names of the arguments of `dict(…)` → values. */
type PythonDict = ReadonlyMap<string, PythonValue>;

/** A name that something else gives a value, such as `PROMPT_TEMPLATE.vicuna`. */
export class PythonName {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * The assignments of plain values at the beginning of lines of a Python file. It is read as text and never run: whatever is
 * not a plain value (a call, an operator) is passed over with its whole assignment. The last of a name counts.
 */
export function readAssignments(source: string): Map<string, PythonValue> {
  const found = new Map<string, PythonValue>();
  for (const match of source.matchAll(/^([A-Za-z_]\w*)[ \t]*=(?!=)/gm)) {
    const reader = new Reader(source, match.index + match[0].length);
    try {
      const value = reader.value();
      if (reader.atEndOfLine()) found.set(match[1] as string, value);
    } catch (error) {
      if (!(error instanceof NotPlain)) throw error;
    }
  }
  return found;
}

class NotPlain extends Error {}

const escapes = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["\n", ""],
]);

/** Deeper than any configuration, and shallow enough for the stack. */
const deepest = 50;

class Reader {
  readonly #source: string;
  #at: number;
  /** Brackets that are open: inside them a line's end means nothing. */
  #open = 0;

  constructor(source: string, at: number) {
    this.#source = source;
    this.#at = at;
  }

  atEndOfLine(): boolean {
    return /^[ \t]*(#.*)?(\r?\n|$)/.test(
      this.#source.slice(this.#at, this.#source.indexOf("\n", this.#at) + 1 || undefined),
    );
  }

  /** @throws NotPlain */
  value(): PythonValue {
    this.#skip();
    return this.#text() ?? this.#number() ?? this.#bracket() ?? this.#named();
  }

  /** Literals that stand side by side are one text. */
  #text(): string | null {
    let text: string | null = null;
    for (;;) {
      const start = this.#match(/(r|u)?('''|"""|'|")/iy);
      if (!start) return text;
      const isRaw = start[1]?.toLowerCase() === "r";
      text = (text ?? "") + this.#textUntil(start[2] as string, isRaw);
      this.#skip();
    }
  }

  #textUntil(quote: string, isRaw: boolean): string {
    let text = "";
    while (!this.#source.startsWith(quote, this.#at)) {
      const char = this.#source[this.#at++];
      if (char === undefined || (char === "\n" && quote.length === 1)) throw new NotPlain();
      if (char !== "\\" || isRaw) text += char;
      else text += this.#escape();
    }
    this.#at += quote.length;
    return text;
  }

  #escape(): string {
    const digits = this.#match(/x([\da-fA-F]{2})|u([\da-fA-F]{4})|U(000[\da-fA-F]{5}|0010[\da-fA-F]{4})/y);
    if (digits) return String.fromCodePoint(Number.parseInt(digits.slice(1).join(""), 16));
    const char = this.#source[this.#at++] ?? "";
    return escapes.get(char) ?? `\\${char}`;
  }

  #number(): number | null {
    const found = this.#match(/[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?(?![\w.])/iy);
    return found ? Number(found[0].replaceAll("_", "")) : null;
  }

  #bracket(): PythonValue | null {
    if (this.#match(/\[/y)) return this.#items("]").values;
    if (this.#match(/\(/y)) {
      const { values, commas } = this.#items(")");
      // A single value in brackets is itself, unless a comma follows it.
      return values.length === 1 && commas === 0 ? (values[0] as PythonValue) : values;
    }
    if (this.#match(/\{/y)) return this.#entries("}", /:/y);
    return this.#match(/dict[ \t]*\(/y) ? this.#entries(")", /=(?!=)/y) : null;
  }

  #items(end: string): { readonly values: PythonValue[]; readonly commas: number } {
    const values: PythonValue[] = [];
    let commas = 0;
    this.#enter();
    while (!this.#ends(end)) {
      values.push(this.value());
      commas += this.#separate(end);
    }
    return { values, commas };
  }

  #entries(end: string, sign: RegExp): PythonDict {
    const entries = new Map<string, PythonValue>();
    this.#enter();
    while (!this.#ends(end)) {
      const key = end === "}" ? this.#text() : this.#match(/[A-Za-z_]\w*/y)?.[0];
      this.#skip();
      if (typeof key !== "string" || !this.#match(sign)) throw new NotPlain();
      entries.set(key, this.value());
      this.#separate(end);
    }
    return entries;
  }

  #named(): PythonValue {
    const name = this.#match(/[A-Za-z_][\w.]*/y)?.[0];
    if (name === undefined || this.#match(/[ \t]*[([]/y)) throw new NotPlain();
    if (name === "None") return null;
    return name === "True" || name === "False" ? name === "True" : new PythonName(name);
  }

  #enter(): void {
    if (++this.#open > deepest) throw new NotPlain();
  }

  #ends(end: string): boolean {
    this.#skip();
    if (this.#source[this.#at] !== end) return false;
    this.#at++;
    this.#open--;
    return true;
  }

  /** Takes the comma behind a value, which the last one need not have; gives how many there were. */
  #separate(end: string): number {
    this.#skip();
    if (this.#match(/,/y)) return 1;
    if (this.#source[this.#at] !== end) throw new NotPlain();
    return 0;
  }

  /** Passes over white space and remarks; outside brackets over white space of the line only. */
  #skip(): void {
    this.#match(this.#open > 0 ? /(?:\s+|#[^\n]*)*/y : /[ \t]*/y);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }
}
