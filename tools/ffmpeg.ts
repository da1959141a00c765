import { spawn } from "node:child_process";
import { type Grid, pictureSize, toGrid } from "./grid.ts";
import { ToolError } from "./run-tool.ts";

/** What ffprobe and ffmpeg say of a file's video. */
export type Told = {
  readonly codec: string;
  readonly transfer: string;
  /** Seconds from the first picture to the end of the last one. */
  readonly durationSeconds: number;
  /** Times of the pictures that ffmpeg shows, from the first one on, in seconds; not more than `most`. */
  readonly times: readonly number[];
  /** A picture's colours, by its place in `times`. */
  grid(picture: number): Grid;
};

/** Asks ffmpeg for a file's video; null where it finds none, or nothing in it. */
export async function askFfmpeg(path: string, mostPictures: number): Promise<Told | null> {
  const probe = await run("ffprobe", [...quiet, "-show_streams", "-show_format", "-of", "json", path]);
  const { streams = [], format = {} } = parse(probe.out.toString()) as Probe;
  const pictures = streams.filter((each) => each.codec_type === "video");
  // What people call the video: not a cover, unless there is nothing else.
  const stream = pictures.find((each) => each.disposition?.attached_pic !== 1) ?? pictures[0];
  if (!stream) return null;
  // Colours first, then the size: saturated ones are cut off at each pixel, not at the mean of several.
  const exact = "flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp";
  const filter = `scale=${exact},format=rgb24,scale=${pictureSize}:${pictureSize}:${exact},showinfo`;
  const exactly = ["-flags", "unaligned"]; // otherwise ffmpeg leaves up to 31 columns that are cut off on the left
  const video = ["-map", `0:${stream.index}`, "-an", "-sn", "-dn", "-fps_mode", "passthrough"];
  const to = ["-vf", filter, "-frames:v", String(mostPictures), "-f", "rawvideo", "-"];
  const { out, err } = await run("ffmpeg", [
    "-hide_banner",
    "-nostdin",
    "-loglevel",
    "info",
    ...exactly,
    "-i",
    path,
    ...video,
    ...to,
  ]);
  const shown = [...err.matchAll(/ pts_time:([-\d.e]+).*?(?: duration_time:([-\d.e]+))?/g)].map((match) =>
    Number(match[1]),
  );
  const pictureBytes = pictureSize * pictureSize * 3;
  const count = Math.min(shown.length, Math.floor(out.length / pictureBytes));
  if (count === 0) return null;
  const first = shown[0] as number;
  const times = shown.slice(0, count).map((time) => time - first);
  return {
    codec: stream.codec_name ?? "",
    transfer: stream.color_transfer ?? "",
    durationSeconds: endOf(times, stream, format),
    times,
    grid: (picture) =>
      toGrid((channel, row, column) => out[picture * pictureBytes + (row * pictureSize + column) * 3 + channel] ?? 0),
  };
}

/** Has ffmpeg make a file. @throws ToolError with what it says where it cannot */
export async function makeFile(args: readonly string[]): Promise<void> {
  const { err } = await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args]);
  if (err !== "") throw new ToolError(`ffmpeg: ${err}`);
}

const quiet = ["-v", "error"];

type Stream = {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly color_transfer?: string;
  readonly duration?: string;
  readonly avg_frame_rate?: string;
  readonly disposition?: { readonly attached_pic?: number };
};
type Probe = { readonly streams?: readonly Stream[]; readonly format?: { readonly duration?: string } };

/** The last picture's time and how long it is likely shown: as long as pictures are on average. */
function endOf(times: readonly number[], { avg_frame_rate: rate = "" }: Stream, format: Probe["format"]): number {
  const last = times.at(-1) ?? 0;
  const [frames = 0, seconds = 0] = rate.split("/").map(Number);
  if (frames > 0 && seconds > 0) return last + seconds / frames;
  return times.length > 1 ? (last * times.length) / (times.length - 1) : Number(format?.duration ?? 0);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function run(command: string, args: readonly string[]): Promise<{ out: Buffer; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.on("data", (part: Buffer) => err.push(part));
    child.on("error", () =>
      reject(new ToolError(`${command} could not be started. Install ffmpeg (Debian: apt-get install ffmpeg).`)),
    );
    child.on("close", () => resolve({ out: Buffer.concat(out), err: Buffer.concat(err).toString() }));
  });
}
