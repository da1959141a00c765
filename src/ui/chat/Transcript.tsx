import { Fragment, type ReactNode } from "react";
import { Icon } from "../parts/Icon.tsx";
import { sameItems, useSnapshot } from "../parts/use-snapshot.ts";
import { type Conversation, isOpen, type Turn } from "./conversation.ts";
import { besideEachOther } from "./one-moment.ts";
import { finishedSentences } from "./sentences.ts";
import { TurnArticle } from "./TurnArticle.tsx";

type TranscriptProps = {
  readonly conversation: Conversation;
  /** Name of the model in use; null while there is none. */
  readonly modelName: string | null;
  readonly onRetry: (turn: Turn) => void;
  readonly onAgain: (turn: Turn) => void;
  readonly onEdit: (turn: Turn) => void;
  readonly onAskAnew: (turns: readonly Turn[]) => void;
  readonly onSeek: (seconds: number) => void;
  /** What to say beside the first answer; null for nothing. */
  readonly aside: ReactNode;
  /** What to show before the first question. */
  readonly empty: ReactNode;
};

/**
 * The conversation so far. The log itself is silent, as its text grows by tokens; a hidden live region beside it
 * tells screen readers each sentence once it is whole.
 */
export function Transcript({ conversation, modelName, aside, empty, onAskAnew, ...turnActions }: TranscriptProps) {
  const ids = useSnapshot(conversation, (turns) => turns.map(({ id }) => id), sameItems);
  const counts = useSnapshot(conversation, besideEachOther, sameItems);
  const article = (id: number) => <TurnArticle key={id} conversation={conversation} id={id} {...turnActions} />;
  return (
    <div className="transcript">
      {ids.length === 0 && empty}
      <div className="turns" role="log" aria-label="Conversation" aria-live="off">
        {groupsOf(ids, counts).map(({ first, beside }) => (
          <Fragment key={beside[0]}>
            <ModelNote conversation={conversation} place={first} now={null} />
            {/* Always in one element, so that an answer stays where it is when another one comes beside it. */}
            <div className="turns-beside" data-several={beside.length > 1 || undefined}>
              {beside.map(article)}
            </div>
            {first === 0 && aside && <FirstAnswered conversation={conversation}>{aside}</FirstAnswered>}
          </Fragment>
        ))}
        <ModelNote conversation={conversation} place={ids.length} now={modelName} />
        <AskAnew conversation={conversation} modelName={modelName} onAskAnew={onAskAnew} />
      </div>
      <div className="visually-hidden" aria-live="polite" aria-atomic="false">
        <Announcement conversation={conversation} />
      </div>
    </div>
  );
}

/** The turns that stand beside each other, and the place of the first of them. */
function groupsOf(ids: readonly number[], counts: readonly number[]) {
  let first = 0;
  return counts.map((count) => {
    const group = { first, beside: ids.slice(first, first + count) };
    first += count;
    return group;
  });
}

/** What stands beside the first answer, once there is one. */
function FirstAnswered({
  conversation,
  children,
}: Pick<TranscriptProps, "conversation"> & { readonly children: ReactNode }) {
  const answered = useSnapshot(conversation, ([first]) => first?.status === "done" || first?.status === "stopped");
  return answered && children;
}

/** After another model took over: what the one before was asked, with one press. */
function AskAnew({ conversation, modelName, onAskAnew }: AskAnewProps) {
  const count = useSnapshot(conversation, (turns) => askedOfOthers(turns, modelName).length);
  if (count === 0) return null;
  return (
    <button type="button" className="button" onClick={() => onAskAnew(askedOfOthers(conversation.snapshot, modelName))}>
      <Icon name="again" /> Ask {modelName} {count === 1 ? "that question" : `these ${count} questions`} again
    </button>
  );
}

/** What was asked of models before this one, as long as this one was asked nothing. */
function askedOfOthers(turns: readonly Turn[], modelName: string | null): readonly Turn[] {
  if (modelName === null || turns.some((turn) => turn.modelName === modelName)) return [];
  return turns.filter((turn) => turn.modelName !== null && !turn.instead);
}

function Announcement({ conversation }: Pick<TranscriptProps, "conversation">) {
  const id = useSnapshot(conversation, (turns) => turns.at(-1)?.id);
  const sentences = useSnapshot(conversation, newestSentences, sameItems);
  return sentences.map((sentence, order) => <p key={`${id}.${order}`}>{sentence}</p>);
}

function newestSentences(turns: readonly Turn[]): readonly string[] {
  const turn = turns.at(-1);
  return turn ? finishedSentences(turn.text, !isOpen(turn)) : [];
}

type AskAnewProps = Pick<TranscriptProps, "conversation" | "modelName" | "onAskAnew">;

type ModelNoteProps = {
  readonly conversation: Conversation;
  /** Of the turn below; behind the last one where there is none. */
  readonly place: number;
  /** Name of the model in use, where there is no turn below. */
  readonly now: string | null;
};

/** Says between two turns that another model took over, which knows nothing of what was said before. */
function ModelNote({ conversation, place, now }: ModelNoteProps) {
  const above = useSnapshot(conversation, (turns) => turns[place - 1]?.modelName ?? null);
  const below = useSnapshot(conversation, (turns) => (turns[place] ? turns[place].modelName : now));
  if (above === null || below === null || above === below) return null;
  return (
    <p className="turns-note">
      {above} answered the above. {below} begins anew and knows nothing of it.
    </p>
  );
}
