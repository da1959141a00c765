import { type KeyboardEvent, type ReactNode, type RefObject, useState } from "react";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { Icon } from "../parts/Icon.tsx";
import type { WritableStore } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { type AskMode, type Conversation, isAnswering } from "./conversation.ts";
import { describeScope } from "./describe-scope.ts";
import { type Draft, emptyDraft } from "./draft.ts";
import { sends } from "./sends.ts";

type ComposerProps = {
  readonly boxRef: RefObject<HTMLTextAreaElement | null>;
  /** Outlives the box, which moves when a video is chosen. */
  readonly draft: WritableStore<Draft>;
  readonly conversation: Conversation;
  readonly onAsk: (question: string) => void;
  /** Has a question asked again and again; null where there is nothing yet that it could be asked of. */
  readonly onPin: ((question: string) => void) | null;
  /** False where a model for text only answers: then there is one way to ask. */
  readonly sees: boolean;
  /** Why a question cannot be sent, told once one was tried; null when it can. */
  readonly blocked: string | null;
};

const modes: readonly { readonly mode: AskMode; readonly name: string; readonly means: string }[] = [
  { mode: "memory", name: "From memory", means: "Instant, from what it remembers." },
  { mode: "look-again", name: "Look again", means: "Slower: rereads all frames for this." },
];

/** The box for questions, with the two ways to ask. Enter sends unless an answer is being written, Shift+Enter starts a new line. */
export function Composer({ boxRef, draft, conversation, onAsk, onPin, sees, blocked }: ComposerProps) {
  const { text, mode, scope, instead } = useSnapshot(draft);
  const answering = useSnapshot(conversation, isAnswering);
  const [refused, setRefused] = useState(false);

  function send() {
    const question = text.trim();
    if (answering || question === "") return boxRef.current?.focus();
    setRefused(blocked !== null);
    if (blocked === null) onAsk(question);
  }

  function undo(before: Draft) {
    draft.set(before);
    boxRef.current?.focus(); // the button goes
  }

  function onKeyDown(event: KeyboardEvent) {
    if (!sends(event.nativeEvent)) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {refused && blocked !== null && <ErrorNote error={{ message: blocked }} />}
      {scope && (
        <DraftNote
          icon="clock"
          undo="Ask about the whole video again"
          onUndo={() => undo({ ...draft.snapshot, scope: null })}
        >
          Asks {describeScope(scope)}
        </DraftNote>
      )}
      {instead && (
        <DraftNote icon="edit" undo="Edit no more" onUndo={() => undo(emptyDraft)}>
          Asks in place of “{instead.question}”
        </DraftNote>
      )}
      <div className="composer-box">
        <textarea
          ref={boxRef}
          id="question"
          aria-label="Question"
          placeholder={sees ? "Ask about the video" : "Ask anything"}
          rows={1}
          value={text}
          onChange={(event) => draft.set({ ...draft.snapshot, text: event.target.value })}
          onKeyDown={onKeyDown}
        />
        {answering ? (
          <button
            key="stop"
            type="button"
            className="button button-stop button-round"
            aria-label="Stop"
            title="Stop (Esc)"
            onClick={conversation.stop}
          >
            <Icon name="end" />
          </button>
        ) : (
          <button
            key="ask"
            type="submit"
            className="button button-primary button-round"
            aria-label="Ask"
            title="Ask (Enter)"
          >
            <Icon name="send" />
          </button>
        )}
      </div>
      <div className="composer-foot">
        {sees && <ModeSwitch mode={mode} onMode={(next) => draft.set({ ...draft.snapshot, mode: next })} />}
        {onPin && (
          <button
            type="button"
            className="button button-ghost button-small"
            aria-label="Pin question"
            title="Pin question: it is asked again as scenes end"
            disabled={text.trim() === ""}
            onClick={() => {
              onPin(text.trim());
              draft.set(emptyDraft);
              boxRef.current?.focus();
            }}
          >
            <Icon name="pin" />
          </button>
        )}
      </div>
    </form>
  );
}

type DraftNoteProps = {
  readonly icon: "clock" | "edit";
  /** Name of the button that takes it back. */
  readonly undo: string;
  readonly onUndo: () => void;
  readonly children: ReactNode;
};

/** What is special about the question that is being typed, and the way back. */
function DraftNote({ icon, undo, onUndo, children }: DraftNoteProps) {
  return (
    <p className="composer-scope">
      <Icon name={icon} /> <span>{children}</span>
      <button
        type="button"
        className="button button-ghost button-small"
        aria-label={undo}
        title={undo}
        onClick={onUndo}
      >
        <Icon name="close" />
      </button>
    </p>
  );
}

type ModeSwitchProps = { readonly mode: AskMode; readonly onMode: (mode: AskMode) => void };

function ModeSwitch({ mode, onMode }: ModeSwitchProps) {
  return (
    <fieldset className="modes">
      <legend className="visually-hidden">How to answer</legend>
      <div className="segments">
        {modes.map((each) => (
          <label key={each.mode}>
            <input
              type="radio"
              name="mode"
              checked={each.mode === mode}
              aria-describedby="mode-means"
              onChange={() => onMode(each.mode)}
            />
            {each.name}
          </label>
        ))}
      </div>
      <p id="mode-means">{modes.find((each) => each.mode === mode)?.means}</p>
    </fieldset>
  );
}
