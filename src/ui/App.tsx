// Before the sheets of the rooms, which build on these.
import "./base.css";
import "./parts/parts.css";
import { useEffect, useRef, useState } from "react";
import { Chat } from "./chat/Chat.tsx";
import { Composer } from "./chat/Composer.tsx";
import type { Conversation, Turn } from "./chat/conversation.ts";
import { emptyDraft } from "./chat/draft.ts";
import { Details } from "./Details.tsx";
import type { ListenChoice } from "./listen/listen-choice.ts";
import { ModelButton } from "./models/ModelButton.tsx";
import { ModelNotices, ModelStatus } from "./models/ModelStatus.tsx";
import { ModelsDialog } from "./models/ModelsDialog.tsx";
import { type ModelSlot, modelInUse } from "./models/model-slot.ts";
import type { Models } from "./models/models.ts";
import { Brand } from "./parts/Brand.tsx";
import { DropTarget } from "./parts/DropTarget.tsx";
import { Picker } from "./parts/Picker.tsx";
import { createStore } from "./parts/store.ts";
import { useSnapshot } from "./parts/use-snapshot.ts";
import { type ChosenVideo, videoFromFile, videoFromSample } from "./watch/chosen-video.ts";
import { Landing } from "./watch/Landing.tsx";
import { Workspace } from "./watch/Workspace.tsx";
import type { WatchedVideo } from "./watch/watched-video.ts";

type AppProps = {
  readonly slot: ModelSlot;
  readonly watched: WatchedVideo;
  readonly conversation: Conversation;
  readonly models: Models;
  readonly listenChoice: ListenChoice;
};

/**
 * The whole page: the landing until there is a video, then the video with the conversation beside it. It knows of the
 * stores what changes the page as a whole; what changes by the frame or by the token, each part takes for itself.
 */
export function App({ slot, watched, conversation, models, listenChoice }: AppProps) {
  const { video, session, showing } = useSnapshot(watched);
  const model = useSnapshot(slot, modelInUse);
  const usable = useSnapshot(slot, hasWebGpu);
  const [draft] = useState(() => createStore(emptyDraft));
  const box = useRef<HTMLTextAreaElement>(null);
  const player = useRef<HTMLVideoElement>(null);

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
    const { mode } = draft.snapshot;
    draft.set({ mode, text: "" });
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

  const status = <ModelStatus slot={slot} models={models} />;
  const composer = (
    <Composer
      boxRef={box}
      draft={draft}
      conversation={conversation}
      onAsk={ask}
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
          <ModelButton slot={slot} onPress={models.open} />
          <Details slot={slot} watched={watched} />
        </nav>
      </header>
      {video ? (
        <main className="watching">
          <Workspace
            key={showing}
            video={video}
            watched={watched}
            slot={slot}
            listenChoice={listenChoice}
            videoRef={player}
            status={model ? <ModelNotices notices={model.notices} /> : status}
          />
          <Chat
            conversation={conversation}
            modelName={model?.name ?? null}
            suggestions={video.questions}
            onAsk={ask}
            onRetry={retry}
            onClear={() => void conversation.clear(session)}
            onSeek={seek}
            composer={composer}
          />
        </main>
      ) : (
        <Landing
          usable={usable}
          onPick={(file) => choose(videoFromFile(file))}
          onSample={(sample) => choose(videoFromSample(sample))}
          status={status}
          composer={composer}
        />
      )}
      <ModelsDialog models={models} slot={slot} />
      <DropTarget onDrop={(file) => choose(videoFromFile(file))} />
    </div>
  );
}

/** False where it turned out that this browser cannot run any model. */
function hasWebGpu({ model }: ModelSlot["snapshot"]): boolean {
  return model.status !== "failed" || model.error.code !== "WebGpuUnavailable";
}

function stopOnEscape(conversation: Conversation): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]"))
      conversation.stop();
  };
  window.addEventListener("keydown", onKeyDown);
  return () => window.removeEventListener("keydown", onKeyDown);
}
