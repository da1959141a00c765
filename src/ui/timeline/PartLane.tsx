import type { SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { shareOf, type View } from "./timeline-view.ts";

type PartLaneProps = { readonly watch: Store<SessionSnapshot>; readonly view: View };

/** The files that were put together, by name, each under its part of the line. */
export function PartLane({ watch, view }: PartLaneProps) {
  const parts = useSnapshot(watch, ({ video }) => video?.parts ?? null);
  if (!parts) return null;
  return (
    <ol className="timeline-parts" aria-label="Files">
      {parts.map(({ name, startSeconds, durationSeconds: length }) => {
        const durationSeconds = length || view.to - startSeconds; // what is live goes on
        const start = Math.min(Math.max(shareOf(view, startSeconds), 0), 1);
        const end = Math.min(Math.max(shareOf(view, startSeconds + durationSeconds), 0), 1);
        if (end <= start) return null;
        const span = `${formatClock(startSeconds)} to ${formatClock(startSeconds + durationSeconds)}`;
        return (
          <li
            key={startSeconds}
            title={`${name}, ${span}`}
            style={{ insetInlineStart: `${start * 100}%`, inlineSize: `${(end - start) * 100}%` }}
          >
            {name}
          </li>
        );
      })}
    </ol>
  );
}
