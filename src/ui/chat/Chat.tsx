import type { ReactNode } from "react";
import { Icon } from "../parts/Icon.tsx";
import type { Turn } from "./conversation.ts";
import { Transcript } from "./Transcript.tsx";

type ChatProps = {
  readonly turns: readonly Turn[];
  /** Name of the model in use; null while there is none. */
  readonly modelName: string | null;
  readonly suggestions: readonly string[];
  readonly answering: boolean;
  readonly onAsk: (question: string) => void;
  readonly onRetry: (turn: Turn) => void;
  readonly onClear: () => void;
  readonly onSeek: (seconds: number) => void;
  /** The box for questions. */
  readonly composer: ReactNode;
};

/** The conversation beside the video. */
export function Chat(props: ChatProps) {
  const { turns, modelName, suggestions, answering, onAsk, onRetry, onClear, onSeek, composer } = props;
  const asked = new Set(turns.map((turn) => turn.question));
  const open = suggestions.filter((question) => !asked.has(question));
  const suggested = open.length > 0 && (
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
  return (
    <section className="chat" aria-label="Chat">
      <header className="chat-head">
        <h2>Conversation</h2>
        <button type="button" className="button button-small" disabled={turns.length === 0} onClick={onClear}>
          <Icon name="plus" /> New conversation
        </button>
      </header>
      <Transcript
        turns={turns}
        modelName={modelName}
        onRetry={onRetry}
        onSeek={onSeek}
        empty={
          <div className="turns-empty">
            <h3>Ask while it watches</h3>
            <p>Answers come from what it has seen so far. Ask again later, and they follow the video.</p>
            {suggested}
          </div>
        }
      />
      <div className="ask">
        {turns.length > 0 && suggested}
        {composer}
      </div>
    </section>
  );
}
