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
  return <FilePlayer {...{ video, playhead, watch, selected }} onUnplayable={() => setPlayable(false)} />;
}

type FilePlayerProps = PlayerProps & { readonly onUnplayable: () => void };

/**
 * Plays the files as if they were one; of a single one nothing needs to be known for that. In parts of which there is only the
 * memory it makes room for what was seen.
 */
function FilePlayer({ video, playhead, watch, selected, onUnplayable }: FilePlayerProps) {
  const parts = useSnapshot(watch, ({ video: info }) => info?.parts ?? noParts);
  const first = parts.find((part) => part.place !== null);
  const remembered = useSnapshot(playhead, (seconds) => partAt(parts, seconds)?.place === null);
  const element = useRef<HTMLVideoElement>(null);
  /** The file that is played or being opened. It is set on the element at once, so that no seek meets the one before. */
  const place = useRef(0);
  const [opened, setOpened] = useState(0);
  /** What a file that is being opened is to do once it is there. */
  const next = useRef<{ readonly seconds: number; readonly play: boolean } | null>(null);

  const open = useCallback(
    (chosen: number, seconds: number, play: boolean) => {
      next.current = { seconds, play };
      place.current = chosen;
      setOpened(chosen);
      if (element.current) element.current.src = video.urls[chosen] as string;
    },
    [video],
  );

  const go = useCallback(
    (seconds: number, play = next.current?.play) => {
      const player = element.current;
      const part = partAt(parts, seconds);
      if (!player) return;
      if (part?.place === null) return player.pause();
      const local = Math.max(0, seconds - (part?.startSeconds ?? 0));
      const playing = play ?? !player.paused;
      if (part && part.place !== place.current) open(part.place, local, playing);
      else if (next.current) next.current = { seconds: local, play: playing };
      else player.currentTime = local;
    },
    [parts, open],
  );

  useEffect(() => playhead.attach(go), [playhead, go]);
  // Where the player stands, at the beginning of the first file that there is.
  const begins = first?.startSeconds ?? 0;
  useEffect(() => playhead.tell(begins), [playhead, begins]);
  const { startSeconds: from = 0, durationSeconds = 0 } = parts.find((part) => part.place === opened) ?? {};
  const until =
    parts.at(-1)?.place === opened || durationSeconds === 0 ? Number.POSITIVE_INFINITY : from + durationSeconds;
  useEffect(
    () => (element.current ? attachCaptions(element.current, watch, { from, until }) : undefined),
    [watch, from, until],
  );
  // Of several files it is known only later which ones can be watched: the first may be none of them.
  useEffect(() => {
    if (!first || first.place === null) return;
    if (!parts.some((part) => part.place === place.current)) open(first.place, 0, false);
    else if (element.current?.error) onUnplayable();
  }, [parts, first, open, onUnplayable]);

  function begin(player: HTMLVideoElement) {
    if (!next.current) return;
    const { seconds, play } = next.current;
    next.current = null;
    player.currentTime = seconds;
    if (play) player.play().catch(() => undefined); // refused where the browser wants another press
  }

  function goOn() {
    const part = parts[parts.findIndex((each) => each.place === place.current) + 1];
    if (part) go(part.startSeconds, true);
  }

  function tell(player: HTMLVideoElement) {
    if (next.current || remembered) return;
    const part = parts.find((each) => each.place === place.current);
    playhead.tell((part?.startSeconds ?? 0) + player.currentTime);
  }

  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: captions come as they are heard, by a track that is added to it. */}
      <video
        ref={element}
        className="player"
        src={video.urls[0]}
        aria-label={video.name}
        hidden={remembered}
        controls
        playsInline
        preload="auto"
        onError={() => {
          if (video.urls.length === 1 || parts.some((part) => part.place === place.current)) onUnplayable();
        }}
        onLoadedMetadata={(event) => begin(event.currentTarget)}
        onEnded={goOn}
        onTimeUpdate={(event) => tell(event.currentTarget)}
      />
      {remembered && <Frames {...{ watch, selected }} name={video.name} without="This part's video is not here" />}
    </>
  );
}

/** The part that a time lies in; the first one before it. */
function partAt(parts: readonly SourcePart[], seconds: number): SourcePart | undefined {
  return parts.findLast((each) => each.startSeconds <= seconds) ?? parts[0];
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
