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
