import { makeFile } from "../ffmpeg.ts";

/** A film of a frame a second whose picture moves, and changes altogether every five minutes; a day of it has some megabytes. */
export async function makeDayClip(path: string, frames: number): Promise<void> {
  const scene = "floor(T/300)";
  const wave = (share: number) => `40*sin(X*(1+mod(${scene},7))/3+Y*${share}+T/20)+mod(${scene}*${97 * share},170)+40`;
  const pictures = `nullsrc=size=64x48:rate=1:duration=${frames},geq=r='${wave(1)}':g='${wave(2)}':b='${wave(3)}'`;
  const coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-g", "30", "-pix_fmt", "yuv420p"];
  await makeFile(["-f", "lavfi", "-i", pictures, ...coding, path]);
}
