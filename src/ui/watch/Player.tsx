import { type RefObject, useState } from "react";
import type { FrameRecord } from "../../session/types.ts";
import { FramePicture } from "./FramePicture.tsx";

type PlayerProps = {
  readonly videoRef: RefObject<HTMLVideoElement | null>;
  readonly url: string;
  readonly name: string;
  /** The frame to show instead where the browser cannot play the file; null before the first. */
  readonly frame: FrameRecord | null;
  readonly onTime: (seconds: number) => void;
};

/** The browser's own player; what the browser cannot play is shown by the frames that were seen. */
export function Player({ videoRef, url, name, frame, onTime }: PlayerProps) {
  const [playable, setPlayable] = useState(true);
  if (!playable)
    return (
      <div className="player player-frames">
        {frame && <FramePicture picture={frame.thumbnail} alt={`The chosen frame of ${name}`} />}
        <p>This browser cannot play the file{frame ? ". These are the frames that were seen." : "."}</p>
      </div>
    );
  return (
    // biome-ignore lint/a11y/useMediaCaption: the person's own file; there are no captions to give.
    <video
      ref={videoRef}
      className="player"
      src={url}
      aria-label={name}
      controls
      playsInline
      preload="auto"
      onError={() => setPlayable(false)}
      onTimeUpdate={(event) => onTime(event.currentTarget.currentTime)}
    />
  );
}
