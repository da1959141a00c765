import type { SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { Playhead } from "../watch/playhead.ts";
import type { Range } from "./timeline-view.ts";

type TimelineActionsProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly playhead: Playhead;
  readonly range: Range | null;
  readonly onAskAsOf: (seconds: number) => void;
  readonly onLookAgain: (range: Range) => void;
  readonly onClear: () => void;
};

/** What can be asked of the chosen moment, or of the chosen part. */
export function TimelineActions({ watch, playhead, range, onAskAsOf, onLookAgain, onClear }: TimelineActionsProps) {
  const seconds = tenths(useSnapshot(playhead));
  const seen = useSnapshot(watch, ({ frames }) => frames.length > 0 && (frames[0]?.timestampSeconds ?? 0) <= seconds);
  const [from, to] = range ?? [0, 0];
  return (
    <div className="timeline-actions">
      <button type="button" className="button button-small" disabled={!seen} onClick={() => onAskAsOf(seconds)}>
        <Icon name="clock" /> Ask as of {formatClock(seconds)}
      </button>
      {range && (
        <>
          <button
            type="button"
            className="button button-small button-accent"
            onClick={() => onLookAgain([tenths(from), tenths(to)])}
          >
            <Icon name="again" /> Look again {formatClock(from)} to {formatClock(to)}
          </button>
          <button
            type="button"
            className="button button-ghost button-small"
            aria-label="Clear the range"
            onClick={(event) => {
              event.currentTarget.parentElement?.querySelector("button")?.focus();
              onClear();
            }}
          >
            <Icon name="close" />
          </button>
        </>
      )}
    </div>
  );
}

/** Time as the clock shows it, so that what is asked for is what the button says. */
function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
