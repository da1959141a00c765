import { useCallback, useEffect, useRef, useState } from "react";
import type { SessionSnapshot, SourcePart } from "../../session/types.ts";
import { attachCaptions } from "../listen/captions.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { ChosenVideo } from "./chosen-video.ts";
import { FramePicture } from "./FramePicture.tsx";
import type { Playhead } from "./playhead.ts";
import { shownFrame } from "./shown-frame.ts";

type PlayerProps = {
  readonly video: ChosenVideo;
  readonly playhead: Playhead;
  readonly watch: Store<SessionSnapshot>;
  /** Place of the chosen frame; null while the newest is followed. */
  readonly selected: number | null;
};

/** The browser's own player; what the browser cannot play is shown by the frames that were seen. */
export function Player({ video, playhead, watch, selected }: PlayerProps) {
  const [playable, setPlayable] = useState(true);
  if (video.live) return <LivePlayer name={video.name} {...video.live} />;
  if (video.urls.length === 0)
    return <Frames name={video.name} watch={watch} selected={selected} without="There is no video here" />;
  if (!playable)
    return <Frames name={video.name} watch={watch} selected={selected} without="This browser cannot play the file" />;
  return <FilePlayer video={video} playhead={playhead} watch={watch} onUnplayable={() => setPlayable(false)} />;
}

type FilePlayerProps = Omit<PlayerProps, "selected"> & { readonly onUnplayable: () => void };

/** Plays the files as if they were one; of a single one nothing needs to be known for that. */
function FilePlayer({ video, playhead, watch, onUnplayable }: FilePlayerProps) {
  const parts = useSnapshot(watch, ({ video: info }) => info?.parts ?? noParts);
  const [place, setPlace] = useState(() => parts[0]?.place ?? 0);
  const element = useRef<HTMLVideoElement>(null);
  /** What a file that is being opened is to do once it is there. */
  const next = useRef<{ readonly seconds: number; readonly play: boolean } | null>(null);
  const startSeconds = parts.find((part) => part.place === place)?.startSeconds ?? 0;

  const go = useCallback(
    (seconds: number, playing?: boolean) => {
      const player = element.current;
      if (!player) return;
      const part = parts.findLast((each) => each.startSeconds <= seconds) ?? parts[0];
      const local = Math.max(0, seconds - (part?.startSeconds ?? 0));
      if (!part || part.place === place) player.currentTime = local;
      else {
        next.current = { seconds: local, play: playing ?? !player.paused };
        setPlace(part.place);
      }
    },
    [parts, place],
  );

  useEffect(() => playhead.attach(go), [playhead, go]);
  useEffect(() => playhead.tell(0), [playhead]);
  useEffect(() => (element.current ? attachCaptions(element.current, watch) : undefined), [watch]);

  function begin(player: HTMLVideoElement) {
    if (!next.current) return;
    const { seconds, play } = next.current;
    next.current = null;
    player.currentTime = seconds;
    if (play) player.play().catch(() => undefined); // refused where the browser wants another press
  }

  function goOn() {
    const part = parts[parts.findIndex((each) => each.place === place) + 1];
    if (part) go(part.startSeconds, true);
  }

  return (
    // biome-ignore lint/a11y/useMediaCaption: captions come as they are heard, by a track that is added to it.
    <video
      ref={element}
      className="player"
      src={video.urls[place]}
      aria-label={video.name}
      controls
      playsInline
      preload="auto"
      onError={onUnplayable}
      onLoadedMetadata={(event) => begin(event.currentTarget)}
      onEnded={goOn}
      onTimeUpdate={(event) => {
        if (!next.current) playhead.tell(startSeconds + event.currentTarget.currentTime);
      }}
    />
  );
}

const noParts: readonly SourcePart[] = [];

/** The camera or screen as it is now. */
function LivePlayer({ name, stream }: { readonly name: string; readonly stream: MediaStream }) {
  const play = useCallback(
    (element: HTMLVideoElement | null) => {
      if (element) element.srcObject = stream;
    },
    [stream],
  );
  return <video ref={play} className="player" aria-label={name} autoPlay muted playsInline />;
}

type FramesProps = Pick<PlayerProps, "watch" | "selected"> & {
  readonly name: string;
  /** Why they stand in for the video. */
  readonly without: string;
};

function Frames({ name, watch, selected, without }: FramesProps) {
  const frame = useSnapshot(watch, (now) => shownFrame(now, selected));
  return (
    <div className="player player-frames">
      {frame && <FramePicture picture={frame.thumbnail} alt={`The chosen frame of ${name}`} />}
      <p>
        {without}
        {frame ? ". These are the frames that were seen." : "."}
      </p>
    </div>
  );
}
