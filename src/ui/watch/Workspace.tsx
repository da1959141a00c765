import { type ReactNode, type RefObject, useState } from "react";
import { emptySnapshot, type SessionSnapshot } from "../../session/types.ts";
import { type ModelSlot, modelInUse } from "../models/model-slot.ts";
import { createStore, type Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { ChosenVideo } from "./chosen-video.ts";
import { Filmstrip } from "./Filmstrip.tsx";
import { FrameView } from "./FrameView.tsx";
import { Memory } from "./Memory.tsx";
import { Player } from "./Player.tsx";
import { WatchPanel } from "./WatchPanel.tsx";
import type { WatchedVideo } from "./watched-video.ts";
import "./watch.css";

type WorkspaceProps = {
  readonly video: ChosenVideo;
  readonly watched: WatchedVideo;
  readonly slot: ModelSlot;
  readonly videoRef: RefObject<HTMLVideoElement | null>;
  /** State of the model, when it is worth saying; null otherwise. */
  readonly status: ReactNode;
};

/** The video being watched: player, what the model sees of it, progress and frames. */
export function Workspace({ video, watched, slot, videoRef, status }: WorkspaceProps) {
  const session = useSnapshot(watched, (now) => now.session);
  const watch = session ?? unopened;
  const nothing = useSnapshot(watch, (now) => now.status === "failed" && now.framesWatched === 0);
  const stateBytes = useSnapshot(slot, modelInUse)?.stateBytes ?? null;
  const modelFailed = useSnapshot(slot, ({ model }) => model.status === "failed");
  const [selected, setSelected] = useState<number | null>(null);
  const [playhead] = useState(() => createStore(0));

  function select(place: number) {
    setSelected(place);
    const chosen = watch.snapshot.frames[place];
    if (chosen && videoRef.current) videoRef.current.currentTime = chosen.timestampSeconds;
  }

  return (
    <div className="workspace" data-nothing={nothing || undefined}>
      {status}
      <div className="stage">
        <Player
          videoRef={videoRef}
          url={video.url}
          name={video.name}
          watch={watch}
          selected={selected}
          onTime={playhead.set}
        />
        <FrameView watch={watch} selected={selected} onFollow={() => setSelected(null)} />
      </div>
      <WatchPanel
        name={video.name}
        watch={watch}
        session={session}
        playhead={playhead}
        modelFailed={modelFailed}
        onWatchAgain={watched.watchAgain}
      />
      <Filmstrip watch={watch} selected={selected} onSelect={select} />
      <Memory watch={watch} stateBytes={stateBytes} />
    </div>
  );
}

/** What there is to show of a video whose session waits for the model. */
const unopened: Store<SessionSnapshot> = { snapshot: emptySnapshot, subscribe: () => () => undefined };
