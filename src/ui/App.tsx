import { useEffect, useRef, useState } from "react";
import { Chat } from "./chat/Chat.tsx";
import { Composer } from "./chat/Composer.tsx";
import { type AskMode, type Conversation, openTurn, type Turn } from "./chat/conversation.ts";
import { Details } from "./Details.tsx";
import { Landing } from "./Landing.tsx";
import { ModelAnnouncer } from "./models/ModelAnnouncer.tsx";
import { ModelButton } from "./models/ModelButton.tsx";
import { ModelNotices, ModelStatus } from "./models/ModelStatus.tsx";
import { ModelsDialog } from "./models/ModelsDialog.tsx";
import { nano, sameChoice } from "./models/model-catalog.ts";
import { currentLoad } from "./models/model-load.ts";
import type { ModelSlot } from "./models/model-slot.ts";
import type { Models } from "./models/models.ts";
import { Brand } from "./parts/Brand.tsx";
import { DropTarget } from "./parts/DropTarget.tsx";
import { Picker } from "./parts/Picker.tsx";
import { useSnapshot } from "./parts/use-snapshot.ts";
import { type ChosenVideo, videoFromFile, videoFromSample } from "./watch/chosen-video.ts";
import { Workspace } from "./watch/Workspace.tsx";
import type { WatchedVideo } from "./watch/watched-video.ts";
import "./base.css";
import "./parts/parts.css";
import "./landing.css";
import "./watch/watch.css";
import "./chat/chat.css";
import "./models/models.css";
import "./models/model-offer.css";
import "./models/model-load.css";

type AppProps = {
  readonly slot: ModelSlot;
  readonly watched: WatchedVideo;
  readonly conversation: Conversation;
  readonly models: Models;
};

/** The whole page: the landing until there is a video, then the video with the conversation beside it. */
export function App({ slot, watched, conversation, models }: AppProps) {
  const state = useSnapshot(slot);
  const { model } = state;
  const { video, session, showing } = useSnapshot(watched);
  const turns = useSnapshot(conversation);
  const { open: choosing } = useSnapshot(models);
  const [draft, setDraft] = useState("");
  const [mode, setMode] = useState<AskMode>("memory");
  const box = useRef<HTMLTextAreaElement>(null);
  const player = useRef<HTMLVideoElement>(null);
  const answering = openTurn(turns) !== null;

  const load = currentLoad(state);
  const loaded = model.status === "ready" ? model.assistant.model : null;

  useEffect(() => stopOnEscape(conversation), [conversation]);

  // A session that another takes the place of cannot end its answer any more.
  useEffect(() => (session ? conversation.stop : undefined), [session, conversation]);

  function choose(next: ChosenVideo) {
    void conversation.clear(null);
    watched.choose(next);
    // The button that was pressed is gone; where typing brings up a keyboard on the screen, that would only be in the way.
    if (matchMedia("(pointer: fine)").matches) requestAnimationFrame(() => box.current?.focus());
  }

  async function ask(question: string) {
    setDraft("");
    await focusAfter(conversation.ask(question, mode));
  }

  const retry = (turn: Turn) => focusAfter(conversation.retry(turn));

  /** Gives the focus back to the box, unless the person went elsewhere meanwhile. */
  async function focusAfter(answer: Promise<void>) {
    await answer;
    requestAnimationFrame(() => {
      const { activeElement } = document;
      if (activeElement === document.body || activeElement?.closest(".ask, .start")) box.current?.focus();
    });
  }

  function seek(seconds: number) {
    if (player.current) player.current.currentTime = seconds;
  }

  const status = (
    <ModelStatus
      model={model}
      onReload={() => void slot.load()}
      onNano={sameChoice(state.request.choice, nano.choice) ? null : () => void models.useNano()}
    />
  );
  const composer = (
    <Composer
      boxRef={box}
      draft={draft}
      onDraft={setDraft}
      mode={mode}
      onMode={setMode}
      answering={answering}
      onAsk={ask}
      onStop={conversation.stop}
      blocked={video ? null : "There is no video to ask about yet. Drop one anywhere, or start one of the clips below."}
    />
  );

  return (
    <div className="page" data-view={video ? "workspace" : "landing"}>
      <a className="skip-link" href="#question">
        Skip to the question
      </a>
      <header className="top">
        <Brand />
        <nav aria-label="Page">
          {video && <Picker quiet onPick={(file) => choose(videoFromFile(file))} />}
          <ModelButton state={state} load={load} onPress={models.open} />
          <Details model={model} session={session} />
        </nav>
      </header>
      {video ? (
        <main className="watching">
          <Workspace
            key={showing}
            video={video}
            session={session}
            model={model}
            videoRef={player}
            onWatchAgain={watched.watchAgain}
            status={loaded ? <ModelNotices notices={loaded.notices} /> : status}
          />
          <Chat
            turns={turns}
            modelName={loaded?.name ?? null}
            suggestions={video.questions}
            answering={answering}
            onAsk={ask}
            onRetry={retry}
            onClear={() => void conversation.clear(session)}
            onSeek={seek}
            composer={composer}
          />
        </main>
      ) : (
        <Landing
          usable={model.status !== "failed" || model.error.code !== "WebGpuUnavailable"}
          onPick={(file) => choose(videoFromFile(file))}
          onSample={(sample) => choose(videoFromSample(sample))}
          status={status}
          composer={composer}
        />
      )}
      <ModelsDialog models={models} slot={slot} load={load} />
      {!choosing && <ModelAnnouncer state={state} load={load} />}
      <DropTarget onDrop={(file) => choose(videoFromFile(file))} />
    </div>
  );
}

function stopOnEscape(conversation: Conversation): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]"))
      conversation.stop();
  };
  window.addEventListener("keydown", onKeyDown);
  return () => window.removeEventListener("keydown", onKeyDown);
}
