import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { ToolError } from "../run-tool.ts";

const endings = new Set([".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v", ".gif", ".webp", ".png"]);

/** Finds videos below a folder by the names that a data set gives them. */
export type VideoFinder = (name: string) => string | null;

/**
 * A name may have folders and an ending, or lack them; of several files of that name the one whose folders agree is taken, and
 * none where that is not one.
 *
 * @throws ToolError where there is no such folder
 */
export function createVideoFinder(folder: string): VideoFinder {
  if (!existsSync(folder)) throw new ToolError(`There is no folder ${folder} with videos.`);
  const byStem = new Map<string, string[]>();
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!endings.has(extname(path).toLowerCase())) continue;
    const known = `/${withoutEnding(path.replaceAll("\\", "/"))}`;
    const stem = known.slice(known.lastIndexOf("/") + 1);
    byStem.set(stem, [...(byStem.get(stem) ?? []), path]);
  }
  return (name) => {
    const wanted = withoutEnding(name);
    const found = (byStem.get(wanted.slice(wanted.lastIndexOf("/") + 1)) ?? []).toSorted();
    const agreeing = found.filter((path) => `/${withoutEnding(path.replaceAll("\\", "/"))}`.endsWith(`/${wanted}`));
    const [path] = agreeing.length > 0 ? agreeing : found.length === 1 ? found : [];
    return path === undefined ? null : join(folder, path);
  };
}

function withoutEnding(path: string): string {
  const ending = extname(path);
  return endings.has(ending.toLowerCase()) ? path.slice(0, -ending.length) : path;
}
