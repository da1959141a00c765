import type { ReactNode } from "react";
import { Icon } from "../parts/Icon.tsx";
import { sameItems, useSnapshot } from "../parts/use-snapshot.ts";
import { type Conversation, isAnswering, type Turn } from "./conversation.ts";
import { Transcript } from "./Transcript.tsx";
import "./chat.css";

type ChatProps = {
  readonly conversation: Conversation;
  /** Name of the model in use; null while there is none. */
  readonly modelName: string | null;
  /** Whether it has a video to answer about. */
  readonly sees: boolean;
  readonly suggestions: readonly string[];
  readonly onAsk: (question: string) => void;
  readonly onRetry: (turn: Turn) => void;
  readonly onAgain: (turn: Turn) => void;
  readonly onEdit: (turn: Turn) => void;
  readonly onAskAnew: (turns: readonly Turn[]) => void;
  readonly onClear: () => void;
  /** Saves the conversation as a file. */
  readonly onExport: () => void;
  readonly onSeek: (seconds: number) => void;
  /** What to say beside the first answer; null for nothing. */
  readonly aside: ReactNode;
  /** The box for questions. */
  readonly composer: ReactNode;
};

/** The conversation beside the video. */
export function Chat(props: ChatProps) {
  const { conversation, modelName, suggestions, onAsk, onRetry, onAgain, onEdit, onAskAnew, onSeek } = props;
  const { sees, onClear, onExport, aside, composer } = props;
  const empty = useSnapshot(conversation, (turns) => turns.length === 0);
  const suggested = <Suggestions conversation={conversation} suggestions={suggestions} onAsk={onAsk} />;
  return (
    <section className="chat" aria-label="Chat">
      <header className="chat-head">
        <h2>Conversation</h2>
        <button type="button" className="button button-small" disabled={empty} onClick={onExport}>
          <Icon name="download" /> Export
        </button>
        <button type="button" className="button button-small" disabled={empty} onClick={onClear}>
          <Icon name="plus" /> New conversation
        </button>
      </header>
      <Transcript
        conversation={conversation}
        modelName={modelName}
        aside={aside}
        {...{ onRetry, onAgain, onEdit, onAskAnew, onSeek }}
        empty={
          <div className="turns-empty">
            <h3>{sees ? "Ask while it watches" : "Chat with it"}</h3>
            <p>
              {sees
                ? "Answers come from what it has seen so far. Ask again later, and they follow the video."
                : "It answers from what it was trained on, and remembers what was said before."}
            </p>
            {suggested}
          </div>
        }
      />
      <div className="ask">
        {!empty && suggested}
        {composer}
      </div>
    </section>
  );
}

/** Questions to press that were not asked yet. */
function Suggestions({ conversation, suggestions, onAsk }: Pick<ChatProps, "conversation" | "suggestions" | "onAsk">) {
  const answering = useSnapshot(conversation, isAnswering);
  const open = useSnapshot(
    conversation,
    (turns) => suggestions.filter((question) => !turns.some((turn) => turn.question === question)),
    sameItems,
  );
  if (open.length === 0) return null;
  return (
    <ul className="suggestions" aria-label="Suggestions">
      {open.map((question) => (
        <li key={question}>
          <button type="button" className="chip" disabled={answering} onClick={() => onAsk(question)}>
            {question}
          </button>
        </li>
      ))}
    </ul>
  );
}
