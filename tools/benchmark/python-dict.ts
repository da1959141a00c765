/**
 * Reads a dictionary of texts and numbers as Python writes it, `{'pred': 'yes', 'score': 4}`; null for anything else. Judges are
 * asked for such a text, which published scripts read with `ast.literal_eval`.
 */
export function parsePythonDict(text: string): { readonly [key: string]: string | number } | null {
  const entry =
    /\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*:\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(,|$)/y;
  const inside = /^\{(.*)\}$/s.exec(text.replace(/^[ \t]+|\s+$/g, ""))?.[1];
  if (inside === undefined) return null;
  const values: { [key: string]: string | number } = {};
  while (entry.lastIndex < inside.length) {
    const start = entry.lastIndex;
    const [, key = "", value = ""] = entry.exec(inside) ?? [];
    if (key === "") return inside.slice(start).trim() === "" ? values : null;
    values[unquote(key)] = /^['"]/.test(value) ? unquote(value) : Number(value);
  }
  return values;
}

function unquote(literal: string): string {
  return literal.slice(1, -1).replace(/\\(['"\\])/g, "$1");
}

/** As Python's `int` makes a whole number of a number or text; null where it would refuse. */
export function toInt(value: string | number | undefined): number | null {
  if (typeof value === "number") return Math.trunc(value);
  return value !== undefined && /^\s*[-+]?\d+\s*$/.test(value) ? Number(value) : null;
}
