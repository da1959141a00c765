import { AuroraError } from "../errors.ts";
import type { ListedSound, SoundPlace } from "../video/frame-source.ts";
import { openSound, type Sound, type SoundOptions, type SoundPiece } from "./open-sound.ts";
import { speechRate } from "./resampler.ts";

/**
 * Opens the sound of a file, or of several that are heard one after the other: those without sound, or whose sound cannot be decoded, are silent.
 * Each is opened when its turn comes.
 *
 * @throws AuroraError as `openSound`, where none of them can be heard
 */
export async function openSounds(place: SoundPlace, options: SoundOptions = {}): Promise<Sound | null> {
  if (!("files" in place)) return openSound(place, options);
  const { files } = place;
  let failure: unknown = null;
  for (const [first, file] of files.entries()) {
    const opened = await openSound(file, options).catch((error: unknown) => {
      if (isAborted(error)) throw error;
      failure ??= error;
      return null;
    });
    if (!opened) continue;
    const { tracks, track } = opened;
    opened.close();
    return {
      tracks,
      track,
      durationSeconds: files.at(-1)?.untilSeconds ?? null,
      pieces: (wanted = {}) => piecesOf(files.slice(first), options, wanted),
      close: () => undefined, // each is closed after its turn
    };
  }
  if (failure) throw failure;
  return null;
}

async function* piecesOf(
  files: readonly ListedSound[],
  options: SoundOptions,
  { from = Number.NEGATIVE_INFINITY, signal }: { readonly from?: number; readonly signal?: AbortSignal },
): AsyncGenerator<SoundPiece, void, void> {
  const stop = signal ? { signal } : {};
  for (const file of files) {
    if (file.untilSeconds <= from) continue;
    try {
      const sound = await openSound(file, { ...options, ...stop });
      if (!sound) continue;
      try {
        for await (const piece of sound.pieces({ from: Math.max(from, file.fromSeconds), ...stop })) {
          const wanted = within(piece, file);
          if (wanted) yield wanted;
          else if (piece.seconds >= file.untilSeconds) break;
        }
      } finally {
        sound.close();
      }
    } catch (error) {
      if (isAborted(error)) throw error; // what cannot be decoded is silent: the others are heard
    }
  }
}

/** What of a piece is heard while its file is shown; null for nothing. */
function within({ seconds, samples }: SoundPiece, { fromSeconds, untilSeconds }: ListedSound): SoundPiece | null {
  const place = (time: number) => Math.min(samples.length, Math.max(0, Math.round((time - seconds) * speechRate)));
  const [first, end] = [place(fromSeconds), place(untilSeconds)];
  return end > first ? { seconds: seconds + first / speechRate, samples: samples.slice(first, end) } : null;
}

function isAborted(error: unknown): boolean {
  return error instanceof AuroraError && error.code === "Aborted";
}
