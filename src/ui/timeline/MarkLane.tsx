import { formatClock } from "../parts/format.ts";
import { type Mark, placeMarks } from "./marks.ts";
import type { View } from "./timeline-view.ts";

type MarkLaneProps = {
  readonly marks: readonly Mark[];
  readonly view: View;
  readonly width: number;
  readonly onSeek: (seconds: number) => void;
};

const names: Record<Mark["kind"], string> = { scene: "Scene", note: "Note", answer: "Answer" };

/** Scenes, notes and answers at their times; each goes there when it is pressed. */
export function MarkLane({ marks, view, width, onSeek }: MarkLaneProps) {
  const placed = placeMarks(marks, view, width);
  if (placed.length === 0) return null;
  return (
    <ol className="timeline-marks" aria-label="Marks">
      {placed.map(({ mark, left, others }) => (
        <li key={`${mark.kind}.${mark.seconds}.${mark.label}`} style={{ transform: `translateX(${left}px)` }}>
          <button
            type="button"
            data-kind={mark.kind}
            aria-label={`${names[mark.kind]} at ${formatClock(mark.seconds)}: ${mark.label}${others > 0 ? ` and ${others} more` : ""}`}
            title={`${formatClock(mark.seconds)} · ${mark.label}${others > 0 ? ` and ${others} more` : ""}`}
            onClick={() => onSeek(mark.seconds)}
          />
        </li>
      ))}
    </ol>
  );
}
