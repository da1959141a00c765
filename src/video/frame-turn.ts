import { countFrame } from "./frame-count.ts";
import type { Rotation, WatchedFrame } from "./frame-source.ts";

/** What newer browsers say of a frame: how it is turned when it is drawn, and then mirrored. */
type TurnedFrame = VideoFrame & { readonly rotation?: Rotation; readonly flip?: boolean };
type Turn = Required<Pick<WatchedFrame, "rotation" | "mirrored">>;

/**
 * A frame that says no more how it is turned, and how it is (a photograph by its EXIF, or by `irot` and `imir`): raw pixels know nothing of it,
 * while drawing applies it. Takes `frame` over.
 */
export function asStored(frame: TurnedFrame): Turn & { readonly frame: VideoFrame } {
  const turn: Turn = { rotation: frame.rotation ?? 0, mirrored: frame.flip ?? false };
  if (turn.rotation === 0 && !turn.mirrored) return { frame, ...turn };
  try {
    // What is given here comes on top of the frame's own; mirrored, a turn goes the other way round.
    const rotation = turn.mirrored ? turn.rotation : (360 - turn.rotation) % 360;
    const init: VideoFrameInit & { readonly rotation: number; readonly flip: boolean } = {
      rotation,
      flip: turn.mirrored,
    };
    return { frame: countFrame(new VideoFrame(frame, init)), ...turn };
  } finally {
    frame.close();
  }
}
