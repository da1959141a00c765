import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFile } from "./ffmpeg.ts";
import { type Host, openHost } from "./host.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

/** Large files of a small picture: how often a clip of `frames` pictures, 30 a second, is joined to itself, and how it is written. */
const kinds = [
  { name: "20,000 fragments", frames: 1, times: 20_000, flags: "frag_every_frame+empty_moov", limitSeconds: 2 },
  { name: "205,000 fragments", frames: 1, times: 205_000, flags: "frag_every_frame+empty_moov", limitSeconds: 20 },
  { name: "24 hours at 30 frames/s", frames: 30, times: 86_400, flags: "faststart", limitSeconds: 5 },
] as const;

/** `npm run opening`: makes large files with ffmpeg and measures how long they take to open, and what they hold in memory then. */
async function opening(args: readonly string[], output: Output): Promise<void> {
  if (args.length > 0) throw new ToolError("usage: npm run opening");
  const folder = mkdtempSync(join(tmpdir(), "aurora-opening-"));
  const host = await openHost();
  try {
    for (const kind of kinds) {
      const path = await makeLarge(folder, kind);
      await host.run("opening", {});
      const before = await memoryBytes(host);
      const { seconds, pictures } = await host.run("opening", {}, [path]);
      const held = (await memoryBytes(host)) - before;
      const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
      const size = megabytes(statSync(path).size);
      output.print(
        `${kind.name} (${size}): ${pictures} pictures, open in ${seconds.toFixed(2)} s, holds ${megabytes(held)}; limit ${kind.limitSeconds} s`,
      );
      rmSync(path);
    }
  } finally {
    await host.close();
    rmSync(folder, { recursive: true });
  }
}

async function makeLarge(folder: string, { frames, times, flags }: (typeof kinds)[number]): Promise<string> {
  const [clip, path] = [join(folder, "clip.mp4"), join(folder, "large.mp4")];
  const source = ["-f", "lavfi", "-i", "color=gray:size=16x16:rate=30", "-frames:v", String(frames)];
  await makeFile([...source, "-c:v", "libx264", "-bf", "0", clip]);
  await makeFile(["-stream_loop", String(times - 1), "-i", clip, "-c", "copy", "-movflags", flags, path]);
  return path;
}

/** Bytes of the page's heap and of the arrays that it holds, once what is of no use is gone. */
async function memoryBytes({ page }: Host): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const usage = (await session.send("Runtime.getHeapUsage")) as { usedSize: number; backingStorageSize?: number };
  await session.detach();
  return usage.usedSize + (usage.backingStorageSize ?? 0);
}

void runTool(import.meta, opening);
