// Before the sheets of the rooms, which build on these.
import "./base.css";
import "./parts/parts.css";
import { useEffect, useRef, useState } from "react";
import { Chat } from "./chat/Chat.tsx";
import { Composer } from "./chat/Composer.tsx";
import { type AskMode, type Conversation, isAnswering, type Scope, type Turn } from "./chat/conversation.ts";
import { conversationAsMarkdown } from "./chat/conversation-markdown.ts";
import { emptyDraft } from "./chat/draft.ts";
import { Details } from "./Details.tsx";
import type { SearchModelStore } from "./find/search-model.ts";
import type { ListenChoice } from "./listen/listen-choice.ts";
import type { RecogniserModel } from "./listen/recogniser-model.ts";
import { ModelButton } from "./models/ModelButton.tsx";
import { ModelCheckOffer } from "./models/ModelCheckView.tsx";
import { ModelNotices, ModelStatus } from "./models/ModelStatus.tsx";
import { ModelsDialog } from "./models/ModelsDialog.tsx";
import { nano, sameChoice } from "./models/model-catalog.ts";
import type { ModelCheck } from "./models/model-check.ts";
import { type ModelSlot, modelInUse } from "./models/model-slot.ts";
import type { Models } from "./models/models.ts";
import { RealModelLine } from "./models/RealModelLine.tsx";
import { RealModels } from "./models/RealModels.tsx";
import type { RealModelOffer } from "./models/real-model-offer.ts";
import { Brand } from "./parts/Brand.tsx";
import { DropTarget } from "./parts/DropTarget.tsx";
import { readDropped } from "./parts/dropped-files.ts";
import { ErrorNote } from "./parts/ErrorNote.tsx";
import { Picker } from "./parts/Picker.tsx";
import { fileNameOf, saveText } from "./parts/save-file.ts";
import { createStore } from "./parts/store.ts";
import { useSnapshot } from "./parts/use-snapshot.ts";
import { SettingsDialog } from "./settings/SettingsDialog.tsx";
import type { SettingsStore } from "./settings/settings.ts";
import { CaptureButtons } from "./watch/CaptureButtons.tsx";
import { filesToOpen, videoFromSample } from "./watch/chosen-video.ts";
import { Landing } from "./watch/Landing.tsx";
import { createPlayhead } from "./watch/playhead.ts";
import { TextOnly } from "./watch/TextOnly.tsx";
import { useOpening } from "./watch/use-opening.ts";
import { Workspace } from "./watch/Workspace.tsx";
import type { WatchedVideo } from "./watch/watched-video.ts";

type AppProps = {
  readonly slot: ModelSlot;
  readonly watched: WatchedVideo;
  readonly conversation: Conversation;
  readonly models: Models;
  readonly settings: SettingsStore;
  readonly check: ModelCheck;
  readonly offer: RealModelOffer;
  readonly listenChoice: ListenChoice;
  readonly recogniser: RecogniserModel;
  readonly searchModel: SearchModelStore;
};

/**
 * The whole page: the landing until there is a video, then the video with the conversation beside it. It knows of the
 * stores what changes the page as a whole; what changes by the frame or by the token, each part takes for itself.
 */
export function App(props: AppProps) {
  const { slot, watched, conversation, models, settings, check, offer, listenChoice, searchModel, recogniser } = props;
  const { video, session, showing, refusal } = useSnapshot(watched);
  const model = useSnapshot(slot, modelInUse);
  const sees = model?.sees ?? true;
  const usable = useSnapshot(slot, hasWebGpu);
  const usesNano = useSnapshot(slot, ({ request }) => sameChoice(request.choice, nano.choice));
  const [draft] = useState(() => createStore(emptyDraft));
  const box = useRef<HTMLTextAreaElement>(null);
  const [playhead] = useState(createPlayhead);

  useEffect(() => stopOnEscape(conversation), [conversation]);

  // A session that another takes the place of cannot end its answer any more.
  useEffect(() => (session ? conversation.stop : undefined), [session, conversation]);

  // The button that was pressed is gone; where typing brings up a keyboard on the screen, that would only be in the way.
  const chosen = useRef(false);
  const onChosen = () => {
    chosen.current = matchMedia("(pointer: fine)").matches;
  };
  useEffect(() => {
    if (chosen.current) box.current?.focus();
    chosen.current = false;
  }, [showing]);
  const { error, choose, pick, openMemory, capture } = useOpening({ watched, conversation, playhead, onChosen });

  async function ask(question: string) {
    const { scope, instead, ...given } = draft.snapshot;
    const mode = sees ? given.mode : "memory";
    draft.set({ ...emptyDraft, mode });
    await focusAfter(
      instead ? conversation.again({ ...instead, mode, scope }, question) : conversation.ask(question, mode, scope),
    );
  }

  /** Asks what stands in the box about a part of the video, or has the box ask about it next. */
  function askAbout(scope: NonNullable<Scope>, mode: AskMode) {
    const { text } = draft.snapshot;
    draft.set({ ...emptyDraft, text, mode, scope });
    const question = text.trim();
    if (question === "" || isAnswering(conversation.snapshot)) box.current?.focus();
    else void ask(question);
  }

  const retry = (turn: Turn) => focusAfter(conversation.retry(turn));

  function edit(turn: Turn) {
    const { question: text, mode, scope } = turn;
    draft.set({ text, mode, scope, instead: turn });
    box.current?.focus();
  }

  function exportConversation() {
    const name = video?.name ?? "video";
    const text = conversationAsMarkdown(conversation.snapshot, { video: name, date: new Date() });
    saveText(text, fileNameOf(name, "md"), "text/markdown");
  }

  /** Gives the focus back to the box, unless the person went elsewhere meanwhile. */
  async function focusAfter(answer: Promise<void>) {
    await answer;
    requestAnimationFrame(() => {
      const { activeElement } = document;
      if (activeElement === document.body || activeElement?.closest(".ask, .start")) box.current?.focus();
    });
  }

  function showModel(id: string) {
    models.open();
    void models.look(id);
  }

  function startCheck() {
    models.open();
    void check.start();
  }

  const wrong = error ?? refusal;
  const captureNote = wrong && <ErrorNote error={wrong} />;
  const status = (
    <>
      {captureNote}
      <ModelStatus slot={slot} models={models} />
      <RealModelLine offer={offer} onShow={showModel} />
      <ModelCheckOffer check={check} onStart={startCheck} />
    </>
  );
  const composer = (
    <Composer
      boxRef={box}
      draft={draft}
      conversation={conversation}
      onAsk={ask}
      onPin={session && sees ? (question) => question.trim() && session.pin(question) : null}
      sees={sees}
      blocked={
        video || !sees
          ? null
          : "There is no video to ask about yet. Drop one anywhere, or start one of the clips below."
      }
    />
  );

  return (
    <div className="page" data-view={video || !sees ? "workspace" : "landing"}>
      <a className="skip-link" href="#question">
        Skip to the question
      </a>
      <header className="top">
        <Brand />
        <nav aria-label="Page">
          {video && sees && <Picker quiet onPick={pick} />}
          {video && sees && <CaptureButtons quiet onCapture={capture} />}
          <ModelButton slot={slot} onPress={models.open} />
          <SettingsDialog
            settings={settings}
            modelFps={model?.fps ?? null}
            readsSpeech={model?.speech === true}
            onWatchAgain={video && sees && !video.live ? watched.watchAgain : null}
          />
          <Details slot={slot} watched={watched} />
        </nav>
      </header>
      {video || !sees ? (
        <main className="watching">
          {video && sees ? (
            <Workspace
              key={showing}
              video={video}
              watched={watched}
              slot={slot}
              listenChoice={listenChoice}
              searchModel={searchModel}
              recogniser={recogniser}
              playhead={playhead}
              onCapture={capture}
              onOpenMemory={(file) => void openMemory(file)}
              conversation={conversation}
              onAskAsOf={(at) => askAbout({ at }, draft.snapshot.mode)}
              onLookAgain={(range) => askAbout({ range }, "look-again")}
              status={
                model ? (
                  <>
                    {captureNote}
                    <ModelNotices notices={model.notices} />
                  </>
                ) : (
                  status
                )
              }
            />
          ) : (
            <TextOnly
              modelName={model?.name ?? ""}
              videoName={video?.name ?? null}
              status={status}
              onChooseModel={models.open}
            />
          )}
          <Chat
            conversation={conversation}
            modelName={model?.name ?? null}
            sees={sees}
            suggestions={sees && video ? video.questions : []}
            onAsk={ask}
            onRetry={retry}
            onAgain={(turn) => void focusAfter(conversation.again(turn))}
            onEdit={edit}
            onAskAnew={(turns) => void focusAfter(conversation.askAnew(turns))}
            onExport={exportConversation}
            aside={video?.own && usesNano ? <RealModels models={models} slot={slot} /> : null}
            onClear={() => void conversation.clear(session)}
            onSeek={playhead.seek}
            composer={composer}
          />
        </main>
      ) : (
        <Landing
          usable={usable}
          onPick={pick}
          onCapture={capture}
          onOpenMemory={(file) => void openMemory(file)}
          onRestore={async (file) =>
            (await openMemory(file)) && (() => watched.snapshot.session?.snapshot.savedAs ?? null)
          }
          onSample={(sample) => choose(videoFromSample(sample))}
          status={status}
          composer={composer}
        />
      )}
      <ModelsDialog models={models} slot={slot} check={check} />
      <DropTarget onDrop={(data) => void readDropped(data).then((dropped) => pick(filesToOpen(dropped)))} />
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
