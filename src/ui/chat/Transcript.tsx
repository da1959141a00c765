import { Fragment, type ReactNode } from "react";
import type { Turn } from "./conversation.ts";
import { finishedSentences } from "./sentences.ts";
import { TurnArticle } from "./TurnArticle.tsx";

type TranscriptProps = {
  readonly turns: readonly Turn[];
  /** Name of the model in use; null while there is none. */
  readonly modelName: string | null;
  readonly onRetry: (turn: Turn) => void;
  readonly onSeek: (seconds: number) => void;
  /** What to show before the first question. */
  readonly empty: ReactNode;
};

/**
 * The conversation so far. The log itself is silent, as its text grows by tokens; a hidden live region beside it
 * tells screen readers each sentence once it is whole.
 */
export function Transcript({ turns, modelName, onRetry, onSeek, empty }: TranscriptProps) {
  const last = turns.at(-1);
  return (
    <div className="transcript">
      {turns.length === 0 && empty}
      <div className="turns" role="log" aria-label="Conversation" aria-live="off">
        {turns.map((turn, order) => (
          <Fragment key={turn.id}>
            <ModelNote before={turns[order - 1]?.modelName ?? null} now={turn.modelName} />
            <TurnArticle turn={turn} onRetry={onRetry} onSeek={onSeek} />
          </Fragment>
        ))}
        <ModelNote before={last?.modelName ?? null} now={modelName} />
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

/** Says between two turns that another model took over, which knows nothing of what was said before. */
function ModelNote({ before, now }: { readonly before: string | null; readonly now: string | null }) {
  if (before === null || now === null || before === now) return null;
  return (
    <p className="turns-note">
      {before} answered the above. {now} watches anew and knows nothing of it.
    </p>
  );
}
