import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatClock, formatCount, formatRate, formatWait } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { type Conversation, momentOf, type Turn } from "./conversation.ts";
import { describeScope } from "./describe-scope.ts";

type TurnArticleProps = {
  readonly conversation: Conversation;
  /** Of the turn. */
  readonly id: number;
  readonly onRetry: (turn: Turn) => void;
  readonly onAgain: (turn: Turn) => void;
  readonly onEdit: (turn: Turn) => void;
  readonly onSeek: (seconds: number) => void;
};

/** One question with its answer, the answer's figures, and what can be done with it. */
export function TurnArticle({ conversation, id, onRetry, onAgain, onEdit, onSeek }: TurnArticleProps) {
  const turn = useSnapshot(conversation, (turns) => turns.find((each) => each.id === id) ?? null);
  if (!turn) return null;
  // What has seen nothing answers as of no moment.
  const until = turn.figures?.frames === 0 ? null : momentOf(turn);
  const ended = turn.status === "done" || turn.status === "stopped";
  return (
    <article ref={reveal} className="turn" data-status={turn.status}>
      <h3>{turn.question}</h3>
      {turn.instead && <p className="turn-instead">{insteadLine(turn)}</p>}
      {turn.status === "waiting" && <Waiting turn={turn} />}
      {turn.text !== "" && <p className="answer">{turn.text}</p>}
      {turn.status === "failed" && turn.error && (
        <ErrorNote error={turn.error}>
          <RetryButton onPress={() => onRetry(turn)} />
        </ErrorNote>
      )}
      {turn.status !== "waiting" && turn.status !== "failed" && (
        <footer key={turn.status} ref={reveal} className="turn-figures">
          {until !== null && (
            <button type="button" className="chip-time" title="Go there in the video" onClick={() => onSeek(until)}>
              {formatClock(until)}
            </button>
          )}
          <span>{figuresLine(turn)}</span>
          {ended && (
            <div className="turn-actions">
              {turn.text !== "" && <CopyButton text={turn.text} name="Copy answer" />}
              <IconButton icon="again" name="Regenerate" onPress={() => onAgain(turn)} />
              <IconButton icon="edit" name="Edit and ask again" onPress={() => onEdit(turn)} />
            </div>
          )}
          {turn.status === "stopped" && <RetryButton onPress={() => onRetry(turn)} />}
        </footer>
      )}
    </article>
  );
}

/** A turn comes into view as it begins, as its answer begins and as that ends, where the page scrolls as a whole. */
function reveal(element: HTMLElement | null) {
  element?.scrollIntoView({ block: "nearest" });
}

function figuresLine({ mode, status, figures, scope }: Turn): string {
  const parts = status === "stopped" ? ["stopped"] : mode === "look-again" ? ["looked again"] : [];
  if (scope) parts.push(describeScope(scope));
  if (figures?.fromNeighbour) parts.push(`from what it knew at ${formatClock(figures.asOfSeconds ?? 0)}`);
  if (figures) {
    if (figures.frames > 0)
      parts.push(`after ${formatCount(figures.frames)} ${figures.frames === 1 ? "frame" : "frames"}`);
    if (figures.tokensPerSecond > 0) parts.push(`${formatRate(figures.tokensPerSecond)} tok/s`);
    if (figures.tokens > 0) parts.push(`first token ${formatWait(figures.firstTokenMs)}`.replaceAll(" ", "\u00a0"));
  }
  return parts.join(" · ");
}

function insteadLine({ question, instead }: Turn): string {
  return instead?.question === question ? "Another answer" : `Asked in place of “${instead?.question}”`;
}

type IconButtonProps = { readonly icon: "again" | "edit"; readonly name: string; readonly onPress: () => void };

function IconButton({ icon, name, onPress }: IconButtonProps) {
  return (
    <button type="button" className="button button-ghost" aria-label={name} title={name} onClick={onPress}>
      <Icon name={icon} />
    </button>
  );
}

function Waiting({ turn }: { readonly turn: Turn }) {
  return (
    <p className="waiting">
      <span aria-hidden="true" />
      {turn.watchedUntilSeconds === null
        ? "Waiting for the first frames"
        : turn.mode === "memory"
          ? "Remembering"
          : "Looking again"}
    </p>
  );
}

function RetryButton({ onPress }: { readonly onPress: () => void }) {
  return (
    <button type="button" className="button button-small" onClick={onPress}>
      <Icon name="again" /> Try again
    </button>
  );
}
