import { type RefObject, useState } from "react";
import type { SessionSnapshot } from "../../session/types.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { FramePicture } from "./FramePicture.tsx";
import { shownFrame } from "./shown-frame.ts";

type PlayerProps = {
  readonly videoRef: RefObject<HTMLVideoElement | null>;
  readonly url: string;
  readonly name: string;
  readonly watch: Store<SessionSnapshot>;
  /** Place of the chosen frame; null while the newest is followed. */
  readonly selected: number | null;
  readonly onTime: (seconds: number) => void;
};

/** The browser's own player; what the browser cannot play is shown by the frames that were seen. */
export function Player({ videoRef, url, name, watch, selected, onTime }: PlayerProps) {
  const [playable, setPlayable] = useState(true);
  if (!playable) return <Unplayable name={name} watch={watch} selected={selected} />;
  return (
    // biome-ignore lint/a11y/useMediaCaption: captions come as they are heard, by a track that is added to it.
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

function Unplayable({ name, watch, selected }: Pick<PlayerProps, "name" | "watch" | "selected">) {
  const frame = useSnapshot(watch, (now) => shownFrame(now, selected));
  return (
    <div className="player player-frames">
      {frame && <FramePicture picture={frame.thumbnail} alt={`The chosen frame of ${name}`} />}
      <p>This browser cannot play the file{frame ? ". These are the frames that were seen." : "."}</p>
    </div>
  );
}
