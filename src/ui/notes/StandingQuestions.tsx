import type { SessionSnapshot } from "../../session/types.ts";
import { focusNeighbour } from "../parts/focus-neighbour.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useNewest } from "../parts/use-newest.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";

type StandingQuestion = SessionSnapshot["standing"][number];

type StandingQuestionsProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly onSeek: (seconds: number) => void;
  /** Null while the model loads. */
  readonly onUnpin: ((id: number) => void) | null;
};

/** Pinned questions, each with what its answer was and since when. */
export function StandingQuestions({ watch, onSeek, onUnpin }: StandingQuestionsProps) {
  const standing = useSnapshot(watch, (now) => now.standing);
  if (standing.length === 0) return null;
  return (
    <>
      <h2>Standing questions</h2>
      <ul className="standing" aria-label="Standing questions">
        {standing.map(({ id, question, answers }) => (
          <li key={id}>
            <header>
              <Icon name="pin" />
              <h3>{question}</h3>
              <Unpin question={question} onPress={onUnpin && (() => onUnpin(id))} />
            </header>
            {answers.length === 0 ? (
              <p className="notes-none">Waiting for its first answer</p>
            ) : (
              <History answers={answers} onSeek={onSeek} />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

type HistoryProps = Pick<StandingQuestionsProps, "onSeek"> & Pick<StandingQuestion, "answers">;

/** Answers that show without being asked for. */
const few = 20;

/** What the answer was, and since when. */
function History({ answers, onSeek }: HistoryProps) {
  const { shown, earlier } = useNewest(answers, few);
  return (
    <ol aria-live="polite">
      {earlier}
      {shown.map(({ atSeconds, text }) => (
        <li key={atSeconds}>
          <button type="button" className="chip-time" onClick={() => onSeek(atSeconds)}>
            {formatClock(atSeconds)}
          </button>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  );
}

function Unpin({ question, onPress }: { readonly question: string; readonly onPress: (() => void) | null }) {
  if (!onPress) return null;
  return (
    <button
      type="button"
      className="button button-ghost button-small"
      aria-label={`Unpin “${question}”`}
      title="Unpin"
      onClick={(event) => {
        focusNeighbour(event.currentTarget);
        onPress();
      }}
    >
      <Icon name="close" />
    </button>
  );
}
