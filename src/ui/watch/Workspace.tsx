import type { ReactNode } from "react";
import { type RefObject, useState } from "react";
import { emptySnapshot, type Session, type SessionSnapshot } from "../../session/types.ts";
import type { ModelState } from "../models/model-slot.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { ChosenVideo } from "./chosen-video.ts";
import { Filmstrip } from "./Filmstrip.tsx";
import { FrameView } from "./FrameView.tsx";
import { Memory } from "./Memory.tsx";
import { Player } from "./Player.tsx";
import { WatchPanel } from "./WatchPanel.tsx";

type WorkspaceProps = {
  readonly video: ChosenVideo;
  /** Null while the model loads. */
  readonly session: Session | null;
  readonly model: ModelState;
  readonly videoRef: RefObject<HTMLVideoElement | null>;
  readonly onWatchAgain: () => void;
  /** State of the model, when it is worth saying; null otherwise. */
  readonly status: ReactNode;
};

/** The video being watched: player, what the model sees of it, progress and frames. */
export function Workspace({ video, session, model, videoRef, onWatchAgain, status }: WorkspaceProps) {
  const watch = useSnapshot(session ?? unopened);
  const [selected, setSelected] = useState<number | null>(null);
  const [playheadSeconds, setPlayhead] = useState(0);
  const frame = watch.frames[selected ?? -1] ?? watch.frames.at(-1) ?? null;

  function select(place: number) {
    setSelected(place);
    const chosen = watch.frames[place];
    if (chosen && videoRef.current) videoRef.current.currentTime = chosen.timestampSeconds;
  }

  return (
    <div className="workspace" data-nothing={(watch.status === "failed" && watch.framesWatched === 0) || undefined}>
      {status}
      <div className="stage">
        <Player videoRef={videoRef} url={video.url} name={video.name} frame={frame} onTime={setPlayhead} />
        <FrameView frame={frame} following={selected === null} onFollow={() => setSelected(null)} />
      </div>
      <WatchPanel
        name={video.name}
        watch={watch}
        session={session}
        playheadSeconds={playheadSeconds}
        modelFailed={model.status === "failed"}
        onWatchAgain={onWatchAgain}
      />
      <Filmstrip frames={watch.frames} selected={selected} onSelect={select} />
      <Memory watch={watch} stateBytes={model.status === "ready" ? model.assistant.model.stateBytes : null} />
    </div>
  );
}

/** What there is to show of a video whose session waits for the model. */
const unopened: Store<SessionSnapshot> = { snapshot: emptySnapshot, subscribe: () => () => undefined };
