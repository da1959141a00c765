import { type ReactNode, useEffect, useState } from "react";
import { emptySnapshot, type Medium, type SessionSnapshot } from "../../session/types.ts";
import type { Conversation } from "../chat/conversation.ts";
import { FindPanel } from "../find/FindPanel.tsx";
import type { SearchModelStore } from "../find/search-model.ts";
import { ListenPanel } from "../listen/ListenPanel.tsx";
import type { ListenChoice } from "../listen/listen-choice.ts";
import type { RecogniserModel } from "../listen/recogniser-model.ts";
import { type ModelSlot, modelInUse } from "../models/model-slot.ts";
import { NotesPanel } from "../notes/NotesPanel.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { TimelineProps } from "../timeline/Timeline.tsx";
import { placeAt } from "../timeline/timeline-view.ts";
import type { ChosenVideo } from "./chosen-video.ts";
import { Filmstrip } from "./Filmstrip.tsx";
import { FrameView } from "./FrameView.tsx";
import { MarkedTimeline } from "./MarkedTimeline.tsx";
import { Memory } from "./Memory.tsx";
import { OpenMemory, SaveMemory } from "./MemoryActions.tsx";
import { Player } from "./Player.tsx";
import type { Playhead } from "./playhead.ts";
import { WatchPanel } from "./WatchPanel.tsx";
import type { WatchedVideo } from "./watched-video.ts";
import "./watch.css";

type WorkspaceProps = Pick<TimelineProps, "onAskAsOf" | "onLookAgain"> & {
  readonly video: ChosenVideo;
  readonly watched: WatchedVideo;
  readonly slot: ModelSlot;
  readonly listenChoice: ListenChoice;
  readonly searchModel: SearchModelStore;
  readonly recogniser: RecogniserModel;
  readonly playhead: Playhead;
  /** Asks for the camera or screen once more. */
  readonly onCapture: (medium: Medium) => void;
  readonly onOpenMemory: (file: File) => void;
  /** Its answers stand on the timeline. */
  readonly conversation: Conversation;
  /** State of the model, when it is worth saying; null otherwise. */
  readonly status: ReactNode;
};

/** The video being watched: player, what the model sees of it, progress and frames. */
export function Workspace(props: WorkspaceProps) {
  const { video, watched, slot, listenChoice, searchModel, recogniser, playhead, conversation } = props;
  const { onAskAsOf, onLookAgain, onCapture, onOpenMemory, status } = props;
  const session = useSnapshot(watched, (now) => now.session);
  const watch = session ?? unopened;
  const nothing = useSnapshot(watch, (now) => now.status === "failed" && now.framesWatched === 0);
  const stateBytes = useSnapshot(slot, modelInUse)?.stateBytes ?? null;
  const modelFailed = useSnapshot(slot, ({ model }) => model.status === "failed");
  const [selected, setSelected] = useState<number | null>(null);

  // Going to a time, in whichever way, chooses the frame that was seen then.
  useEffect(
    () =>
      playhead.attach((seconds) => {
        const place = placeAt(watch.snapshot.frames, seconds);
        if (place >= 0) setSelected(place);
      }),
    [playhead, watch],
  );

  // Of what is live the newest is where one stands, until another moment is chosen.
  const following = video.live !== null && selected === null;
  useEffect(() => {
    if (!following) return;
    const follow = () => playhead.tell(watch.snapshot.watchedUntilSeconds);
    follow();
    return watch.subscribe(follow);
  }, [following, playhead, watch]);

  function select(place: number) {
    const chosen = watch.snapshot.frames[place];
    if (chosen) playhead.seek(chosen.timestampSeconds);
  }

  return (
    <div className="workspace" data-nothing={nothing || undefined}>
      {status}
      <div className="stage">
        <Player video={video} playhead={playhead} watch={watch} selected={selected} />
        <FrameView watch={watch} selected={selected} onFollow={() => setSelected(null)} />
      </div>
      <MarkedTimeline {...{ watch, playhead, conversation, onAskAsOf, onLookAgain }} />
      <WatchPanel
        name={video.name}
        watch={watch}
        session={session}
        modelFailed={modelFailed}
        onWatchAgain={() => (video.live ? onCapture(video.live.medium) : watched.watchAgain())}
      />
      <NotesPanel {...{ watch, session }} name={video.name} onSeek={playhead.seek} />
      <Filmstrip watch={watch} selected={selected} onSelect={select} />
      {session && (
        <FindPanel
          {...{ watch, session }}
          model={searchModel}
          chosen={selected === null ? null : (watch.snapshot.frames[selected]?.timestampSeconds ?? null)}
          onSeek={playhead.seek}
        />
      )}
      <ListenPanel
        {...{ watch, session, recogniser, playhead }}
        name={video.name}
        choice={listenChoice}
        audible={video.source !== null}
        medium={video.live?.medium ?? null}
      />
      <Memory watch={watch} stateBytes={stateBytes} />
      <div className="memory-actions">
        {session && !modelFailed && <SaveMemory session={session} name={video.name} />}
        <OpenMemory small onOpen={onOpenMemory} />
      </div>
    </div>
  );
}

/** What there is to show of a video whose session waits for the model. */
const unopened: Store<SessionSnapshot> = { snapshot: emptySnapshot, subscribe: () => () => undefined };
