import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { ToolError } from "../run-tool.ts";
import type { DataFile, Row } from "./task.ts";

/** Reads all JSON, JSON lines and Parquet below a folder, or one such file, by path. @throws ToolError */
export async function readData(path: string): Promise<DataFile[]> {
  if (!existsSync(path)) throw new ToolError(`There is no folder or file ${path}.`);
  const folder = statSync(path).isDirectory();
  const paths = folder
    ? readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))
    : [path];
  const files: DataFile[] = [];
  for (const file of paths.filter((name) => /\.(json|jsonl|parquet)$/i.test(name)).sort()) {
    const rows = await readRows(file);
    files.push({ path: folder ? relative(path, file) : file, rows });
  }
  if (files.length === 0) throw new ToolError(`There is no .json, .jsonl or .parquet in ${path}.`);
  return files;
}

async function readRows(path: string): Promise<readonly Row[]> {
  try {
    if (/\.parquet$/i.test(path))
      return (await parquetReadObjects({ file: await asyncBufferFromFile(path) })) as readonly Row[];
    return parseRows(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ToolError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Rows of a JSON text: a list of objects, one object, or one in each line. */
function parseRows(text: string): readonly Row[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const first = lines[0]?.trim() ?? "";
  const byLine = lines.length > 1 && first.startsWith("{") && first.endsWith("}");
  const parsed: unknown = byLine ? lines.map((line) => JSON.parse(line)) : JSON.parse(text);
  const rows: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (!rows.every((row) => typeof row === "object" && row !== null && !Array.isArray(row)))
    throw new Error("it is not a list of objects");
  return rows as readonly Row[];
}

/** A field of a row that must be a text or a number. @throws ToolError naming it */
export function textOf(row: Row, field: string, path: string): string {
  const value = row[field];
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw new ToolError(`${path}: "${field}" is missing or not a text in ${JSON.stringify(row, plain).slice(0, 120)}`);
}

/** A field of a row that must be a list of texts. @throws ToolError naming it */
export function textsOf(row: Row, field: string, path: string): string[] {
  const value = row[field];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new ToolError(
    `${path}: "${field}" is missing or not a list of texts in ${JSON.stringify(row, plain).slice(0, 120)}`,
  );
}

/** For JSON.stringify: whole numbers of 64 bits, as Parquet has them, become plain ones. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
