import { corruptFile, isRecord } from "./fields.ts";

/** Values for fields of a `config.json` that nobody wrote down, by section: they stand above what the file says itself. */
export type Assumptions = { readonly [section: string]: Readonly<Record<string, unknown>> };

/** Sections in which something may be assumed; sizes are none of them. */
const sections = ["vision_config", "merge_config", "prompt"];

/**
 * The content of a `config.json` with other values in some fields; objects are joined field by field.
 *
 * @throws AuroraError `ModelCorrupt` for a section in which nothing is assumed
 */
export function withAssumptions(json: unknown, assumptions: unknown): unknown {
  if (assumptions === undefined || assumptions === null || !isRecord(json)) return json;
  const isKnown = isRecord(assumptions) && Object.keys(assumptions).every((section) => sections.includes(section));
  if (!isKnown) throw corruptFile("config.json", `holds assumptions about something else than ${sections.join(", ")}`);
  return join(json, assumptions);
}

/** What a `config.json` assumes already, with more. */
export function addAssumptions(json: unknown, more: Assumptions): Assumptions {
  const known = isRecord(json) && isRecord(json.assumptions) ? json.assumptions : {};
  return join(known, more) as Assumptions;
}

function join(base: unknown, above: unknown): unknown {
  if (!isRecord(base) || !isRecord(above)) return above;
  const joined: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(above)) joined[name] = join(base[name], value);
  return joined;
}
