import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BitWriter, withEmulation, withoutEmulation } from "../src/video/bits.ts";
import { readSequenceParameters } from "../src/video/h264-parameters.ts";
import type { Sampling } from "../src/video/sample-plan.ts";
import { numberOption } from "./arguments.ts";
import { createRandom, type Random } from "./chaos/random.ts";
import { compareFile } from "./compare-file.ts";
import { askFfmpeg, makeFile } from "./ffmpeg.ts";
import { type Host, openHost } from "./host.ts";
import { createProgressLine } from "./progress-line.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run b-frames -- [--files N] [--runs N] [--seed N]: makes healthy H.264 files with B-frames and watches each at several " +
  "rates; no frame may be lost or be another than ffmpeg's";

/** Pictures of a clip, each of another brightness. */
const pictures = 32;

type Clip = { readonly path: string; readonly rate: number; readonly words: string };

/** `npm run b-frames`: ends with an error where a frame of a healthy file was lost. */
async function bFrames(args: readonly string[], output: Output): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { files: { type: "string" }, runs: { type: "string" }, seed: { type: "string" } },
  });
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  const files = numberOption("files", values.files, isCount, usage) ?? 200;
  const runs = numberOption("runs", values.runs, isCount, usage) ?? 10;
  const seed = numberOption("seed", values.seed, isCount, usage) ?? 1;
  const folder = mkdtempSync(join(tmpdir(), "aurora-b-frames-"));
  const host = await openHost();
  const progress = createProgressLine();
  const found: string[] = [];
  let watched = 0;
  try {
    for (let number = 0; number < files; number++) {
      progress.show(`${number + 1} / ${files}`);
      const clip = await makeClip(folder, createRandom(seed + number));
      const faults = await watchClip(host, clip, runs);
      watched += faults.watched;
      found.push(...faults.found.map((fault) => `${seed + number}: ${clip.words}: ${fault}`));
      rmSync(clip.path);
    }
  } finally {
    progress.clear();
    await host.close();
    rmSync(folder, { recursive: true });
  }
  output.print(`${files} files, ${runs} runs, watched ${watched} times, ${found.length} faults`);
  if (found.length > 0) throw new ToolError(found.join("\n"));
}

async function watchClip(
  host: Host,
  { path, rate }: Clip,
  runs: number,
): Promise<{ watched: number; found: string[] }> {
  const told = await askFfmpeg(path, 1000);
  const samplings: Sampling[] = [{ fps: 1 }, { fps: 2 }, { fps: 5 }, { fps: rate }, { frames: 7 }];
  const found: string[] = [];
  for (let run = 0; run < runs; run++) {
    for (const sampling of samplings) {
      const tried = await host.run("try-file", { sampling, patienceSeconds: 60 }, [path]);
      for (const { what, ours, theirs } of compareFile(tried, told))
        found.push(`${JSON.stringify(sampling)} ${what}: ${ours}, ffmpeg: ${theirs}`);
    }
  }
  return { watched: runs * samplings.length, found };
}

/** A healthy clip of any container and structure of B-frames, every second one without what tells their depth. */
async function makeClip(folder: string, random: Random): Promise<Clip> {
  const rate = random.one([10, 15, 24, 25, 30]);
  const container = random.one(["mp4", "mov", "mkv", "ts"]);
  const bare = random.below(2) === 0;
  const settings = [
    `bframes=${1 + random.below(7)}`,
    `b-adapt=${random.below(3)}`,
    `b-pyramid=${random.one(["none", "strict", "normal"])}`,
    `ref=${1 + random.below(6)}`,
    `keyint=${random.one([8, 12, 30, 250])}`,
    `open-gop=${random.below(2)}`,
    `weightp=${random.below(3)}`,
    `cabac=${random.below(2)}`,
  ].join(":");
  const path = join(folder, `clip.${container}`);
  const ripple = "geq=lum='24+6*N+14*sin((X+3*N)/7)*cos((Y-2*N)/9)':cb=128:cr=128";
  const source = `color=black:size=96x64:rate=${rate},format=yuv420p,${ripple}`;
  const from = ["-f", "lavfi", "-i", source, "-frames:v", String(pictures)];
  const to = ["-c:v", "libx264", "-threads", "1", "-x264-params", settings, path];
  await makeFile([...from, ...to]);
  if (bare) writeFileSync(path, withoutVui(readFileSync(path)));
  return { path, rate, words: `${container}, ${rate}/s, ${settings}${bare ? ", without VUI" : ""}` };
}

/** The file with its H.264 parameter sets cut off before the VUI, and zeros in its place, which decoders pass over. */
function withoutVui(file: Buffer): Buffer {
  for (let at = file.indexOf(0x67); at >= 0; at = file.indexOf(0x67, at + 1)) {
    const isProfile = [66, 77, 100].includes(file[at + 1] ?? 0);
    const end = file.subarray(at, at + 64).indexOf(Buffer.from([0x68])); // the picture's parameter set follows
    if (!isProfile || end < 8) continue;
    const sps = file.subarray(at, at + setLength(file, at, end));
    const set = readSequenceParameters(sps);
    if (!set?.hasVui || set.width !== 96 || set.height !== 64) continue;
    const writer = new BitWriter();
    writer.copy(withoutEmulation(sps), set.vuiAt);
    const bare = withEmulation(writer.bits(0, 1).finish());
    sps.fill(0).set(bare);
  }
  return file;
}

/** Bytes of the set that begins at `at`, before the start code or the length of the next one. */
function setLength(file: Buffer, at: number, end: number): number {
  const told = file.readUInt16BE(at - 2);
  return told < end ? told : end - 4;
}

void runTool(import.meta, bFrames);
