import type { FrameRecord, SessionSnapshot } from "../../session/types.ts";

/** The frame at the chosen place, or the newest where none was chosen (null); null before the first. */
export function shownFrame({ frames }: SessionSnapshot, selected: number | null): FrameRecord | null {
  return frames[selected ?? -1] ?? frames.at(-1) ?? null;
}
