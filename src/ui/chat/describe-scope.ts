import { formatClock } from "../parts/format.ts";
import type { Scope } from "./conversation.ts";

/** A part of the video in words: "as of 0:12", "0:12 to 0:20 alone". */
export function describeScope(scope: NonNullable<Scope>): string {
  if ("at" in scope) return `as of ${formatClock(scope.at)}`;
  const [from, to] = scope.range;
  return `${formatClock(from)} to ${formatClock(to)} alone`;
}
