import type { ReactNode } from "react";
import type { Turn } from "./conversation.ts";
import { finishedSentences } from "./sentences.ts";
import { TurnArticle } from "./TurnArticle.tsx";

type TranscriptProps = {
  readonly turns: readonly Turn[];
  readonly onRetry: (turn: Turn) => void;
  readonly onSeek: (seconds: number) => void;
  /** What to show before the first question. */
  readonly empty: ReactNode;
};

/**
 * The conversation so far. The log itself is silent, as its text grows by tokens; a hidden live region beside it
 * tells screen readers each sentence once it is whole.
 */
export function Transcript({ turns, onRetry, onSeek, empty }: TranscriptProps) {
  const last = turns.at(-1);
  return (
    <div className="transcript">
      {turns.length === 0 && empty}
      <div className="turns" role="log" aria-label="Conversation" aria-live="off">
        {turns.map((turn) => (
          <TurnArticle key={turn.id} turn={turn} onRetry={onRetry} onSeek={onSeek} />
        ))}
      </div>
      <div className="visually-hidden" aria-live="polite" aria-atomic="false">
        {last && <Announcement turn={last} />}
      </div>
    </div>
  );
}

function Announcement({ turn }: { readonly turn: Turn }) {
  const ended = turn.status !== "waiting" && turn.status !== "writing";
  const sentences = finishedSentences(turn.text, ended).map((sentence, order) => ({ sentence, order }));
  return sentences.map(({ sentence, order }) => <p key={`${turn.id}.${order}`}>{sentence}</p>);
}
