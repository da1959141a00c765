import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { knownFile } from "./arguments.ts";
import { type Host, openHost } from "./host.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage = "usage: npm run scenes -- <folder> [--model folder]   (training/scenes.py makes such a folder)";

/** Frames at which a new shot begins, counted at `fps`, and those where others say so. */
type Clip = { readonly clip: string } & Readonly<Record<"cuts" | "content" | "adaptive", readonly number[]>>;
type Listed = { readonly fps: number; readonly clips: readonly Clip[] };

/** Changes of scene that were found, of those that there are, in all clips. */
type Score = { hits: number; found: number; real: number };

/** `npm run scenes`: how many of the cuts of known clips are found, and how many of what is found are cuts, beside PySceneDetect. */
export async function scenes(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { folder, model } = parseScenes(args);
  const { fps, clips } = JSON.parse(readFileSync(knownFile(join(folder, "scenes.json")), "utf8")) as Listed;
  const host = await open();
  const scores = { ours: noScore(), content: noScore(), adaptive: noScore() };
  try {
    for (const clip of clips) {
      const ours = await watch(host, join(folder, clip.clip), host.modelAddress(model), fps);
      add(scores.ours, ours, clip.cuts);
      add(scores.content, clip.content, clip.cuts);
      add(scores.adaptive, clip.adaptive, clip.cuts);
      output.warn(`${clip.clip}  cuts ${clip.cuts.join(" ")}  found ${ours.join(" ")}`);
    }
  } finally {
    await host.close();
  }
  output.print("                               precision   recall       F1");
  output.print(row("AuroraLong", scores.ours));
  output.print(row("PySceneDetect, content", scores.content));
  output.print(row("PySceneDetect, adaptive", scores.adaptive));
}

function parseScenes(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { model: { type: "string", default: "public/models/nano" } },
  });
  const [folder, ...more] = positionals;
  if (!folder || more.length > 0) throw new ToolError(usage);
  return { folder, model: values.model };
}

/** Frames at which a scene begins that is not the first. */
async function watch(host: Host, path: string, model: string, fps: number): Promise<number[]> {
  const command = { model, encoder: "auto", url: null, fps, questions: [], from: "memory", at: null } as const;
  const { scenes: found } = await host.run("ask", command, [path]);
  return found.slice(1).map(({ fromSeconds }) => Math.round(fromSeconds * fps));
}

const noScore = (): Score => ({ hits: 0, found: 0, real: 0 });

/** A cut is found where a scene begins at its frame or the one beside it; each counts once. */
function add(score: Score, found: readonly number[], cuts: readonly number[]): void {
  const left = [...found];
  for (const cut of cuts) {
    const at = left.findIndex((frame) => Math.abs(frame - cut) <= 1);
    if (at < 0) continue;
    left.splice(at, 1);
    score.hits += 1;
  }
  score.found += found.length;
  score.real += cuts.length;
}

function row(name: string, { hits, found, real }: Score): string {
  const precision = hits / Math.max(1, found);
  const recall = hits / Math.max(1, real);
  const f1 = (2 * hits) / Math.max(1, found + real);
  return name.padEnd(30) + [precision, recall, f1].map((value) => value.toFixed(3).padStart(9)).join("");
}

void runTool(import.meta, scenes);
