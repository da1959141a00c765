import { makeFile } from "../ffmpeg.ts";

/** A film of a frame a second whose picture moves, and changes altogether every five minutes; a day of it has some megabytes. */
export async function makeDayClip(path: string, frames: number): Promise<void> {
  await makeFile(["-f", "lavfi", "-i", pictures(frames), ...coding, path]);
}

/** The same with the sound of another file, again and again. */
export async function makeSpokenClip(path: string, seconds: number, sound: string): Promise<void> {
  const inputs = ["-f", "lavfi", "-i", pictures(seconds), "-stream_loop", "-1", "-i", sound];
  const mapping = ["-map", "0:v", "-map", "1:a", "-t", String(seconds), "-c:a", "aac", "-b:a", "64k"];
  await makeFile([...inputs, ...mapping, ...coding, path]);
}

const coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-g", "30", "-pix_fmt", "yuv420p"];

function pictures(frames: number): string {
  const scene = "floor(T/300)";
  const wave = (share: number) => `40*sin(X*(1+mod(${scene},7))/3+Y*${share}+T/20)+mod(${scene}*${97 * share},170)+40`;
  return `nullsrc=size=64x48:rate=1:duration=${frames},geq=r='${wave(1)}':g='${wave(2)}':b='${wave(3)}'`;
}
