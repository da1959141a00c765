import { parseArgs } from "node:util";
import { createTextIndex } from "../src/search/text-index.ts";
import { isUrl, knownFile } from "./arguments.ts";
import { openHost } from "./host.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage = 'usage: npm run find -- <video> "words" [--in said] [--json]';

/** `npm run find`: finds the moments of a video in which something is said. */
export async function find(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { video, query, json } = parseFind(args);
  const host = await open();
  try {
    const heard = await host.run("listen", { url: isUrl(video) ? video : null }, isUrl(video) ? [] : [video]);
    if (!heard.hasSound) output.warn("This video has no sound.");
    const said = createTextIndex(heard.lines.map((line) => ({ ...line, kind: "said" as const })));
    const moments = said.find(query).map(({ kind, startSeconds, endSeconds, score, text }) => ({
      kind,
      seconds: startSeconds,
      until: endSeconds,
      score,
      text,
    }));
    if (json) output.print(JSON.stringify(moments, null, 2));
    else if (moments.length === 0) output.warn("Nothing found.");
    else
      for (const { seconds, kind, text } of moments)
        output.print(`${seconds.toFixed(1).padStart(8)} s  ${kind}  ${text}`);
  } finally {
    await host.close();
  }
}

function parseFind(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { in: { type: "string", default: "said" }, json: { type: "boolean", default: false } },
  });
  const [video, query, ...more] = positionals;
  if (!video || !query?.trim() || more.length > 0) throw new ToolError(usage);
  for (const kind of values.in.split(","))
    if (kind !== "said") throw new ToolError(`--in ${kind}: only what was said can be found so far. ${usage}`);
  return { video: isUrl(video) ? video : knownFile(video), query, json: values.json };
}

void runTool(import.meta, find);
