import type { SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";

type StandingQuestionsProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly onSeek: (seconds: number) => void;
  readonly unpinOf: (id: number) => (() => void) | null;
};

/** Pinned questions, each with what its answer was and since when. */
export function StandingQuestions({ watch, onSeek, unpinOf }: StandingQuestionsProps) {
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
              <Unpin question={question} onPress={unpinOf(id)} />
            </header>
            {answers.length === 0 ? (
              <p className="notes-none">Waiting for its first answer</p>
            ) : (
              <ol aria-live="polite">
                {answers.map(({ atSeconds, text }) => (
                  <li key={atSeconds}>
                    <button type="button" className="chip-time" onClick={() => onSeek(atSeconds)}>
                      {formatClock(atSeconds)}
                    </button>
                    <span>{text}</span>
                  </li>
                ))}
              </ol>
            )}
          </li>
        ))}
      </ul>
    </>
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
      onClick={onPress}
    >
      <Icon name="close" />
    </button>
  );
}
