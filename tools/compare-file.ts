import type { Told } from "./ffmpeg.ts";
import { gridDistance } from "./grid.ts";
import type { Tried } from "./page/try-file.ts";

/** One way in which what was watched is not what ffmpeg shows, in words. */
export type Difference = { readonly what: string; readonly ours: string; readonly theirs: string };

/** Colours may be this far off, in 8-bit steps: decoders, scalers and rounding differ by less. */
const maxDistance = 4;

/** Compares what came of watching a file with what ffmpeg says of it; null where that shows nothing. */
export function compareFile(tried: Tried, told: Told | null): Difference[] {
  const { error } = tried;
  if (!told) {
    const shown = `${tried.frames.length} frames`;
    return error ? [] : [{ what: "shown", ours: shown, theirs: "nothing" }];
  }
  const theirs = `${told.codec}, ${told.times.length} pictures, ${told.durationSeconds.toFixed(2)} s`;
  if (error && tried.frames.length === 0) return [{ what: "refused", ours: `${error.code}: ${error.message}`, theirs }];
  const found: Difference[] = [];
  if (error) found.push({ what: "broke off", ours: `${error.code}: ${error.message}`, theirs });
  for (const { reason, fromSeconds, toSeconds, frames } of tried.losses) {
    const ours = `${frames} frames ${reason}, ${fromSeconds.toFixed(2)} to ${toSeconds.toFixed(2)} s`;
    found.push({ what: "loss", ours, theirs });
  }
  if (tried.pictures !== told.times.length)
    found.push({ what: "pictures", ours: String(tried.pictures), theirs: String(told.times.length) });
  const seconds = tried.info?.durationSeconds ?? 0;
  const step = told.durationSeconds / Math.max(1, told.times.length);
  // A still picture has no duration here, and one frame's there.
  if (told.times.length > 1 && Math.abs(seconds - told.durationSeconds) > Math.max(0.1, 1.5 * step))
    found.push({ what: "duration", ours: `${seconds.toFixed(2)} s`, theirs: `${told.durationSeconds.toFixed(2)} s` });
  return [...found, ...compareColours(tried, told)];
}

/** The frames whose colours are others than those of the picture that ffmpeg shows at their time. */
function compareColours({ frames }: Tried, told: Told): Difference[] {
  // Ours are tone-mapped for the model, ffmpeg's are not.
  if (/smpte2084|arib-std-b67/.test(told.transfer)) return [];
  return frames.flatMap(({ seconds, grid }) => {
    const at = pictureAt(told.times, seconds);
    const distance = gridDistance(grid, told.grid(at));
    if (distance <= maxDistance) return [];
    const best = nearest(grid, told, at);
    const ours = `${distance.toFixed(1)} steps off at ${seconds.toFixed(2)} s`;
    return [{ what: "colours", ours, theirs: best === at ? `picture ${at}` : `picture ${at}; more like ${best}` }];
  });
}

/** The picture that is shown at a time: the last one that has begun. */
function pictureAt(times: readonly number[], seconds: number): number {
  let found = 0;
  let latest = Number.NEGATIVE_INFINITY;
  times.forEach((time, i) => {
    if (time <= seconds + 0.0011 && time >= latest) [found, latest] = [i, time];
  });
  return found;
}

/** The picture near `at` that is most alike. */
function nearest(grid: readonly number[], told: Told, at: number): number {
  let [best, least] = [at, gridDistance(grid, told.grid(at))];
  for (let i = Math.max(0, at - 30); i < Math.min(told.times.length, at + 31); i++) {
    const distance = gridDistance(grid, told.grid(i));
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
