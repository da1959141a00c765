import { existsSync } from "node:fs";
import { ToolError } from "./run-tool.ts";

/** The number that an option was given as; null when it was not. @throws ToolError for one that is not `allowed` */
export function numberOption(
  name: string,
  text: string | undefined,
  allowed: (value: number) => boolean,
  usage: string,
): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || !allowed(value))
    throw new ToolError(`--${name} ${text} is not a number that makes sense here. ${usage}`);
  return value;
}

/** The one of `allowed` that an option was given as. @throws ToolError */
export function choiceOption<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (!found) throw new ToolError(`--${name} is one of ${allowed.join(", ")}, not ${text}.`);
  return found;
}

/** Whether a command-line argument is an address rather than a path. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

/** A model as an option gives it: a folder that exists, or a URL. @throws ToolError */
export function modelOption(text: string): string {
  if (!isUrl(text) && !existsSync(text)) throw new ToolError(`ModelNotFound: There is no model folder ${text}.`);
  return text;
}

/** A file of this machine as an argument gives it. @throws ToolError where there is none, with the code of what it would be */
export function knownFile(path: string, code = "VideoUnreadable"): string {
  if (!existsSync(path)) throw new ToolError(`${code}: There is no file ${path}.`);
  return path;
}
