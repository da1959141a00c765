import { type KeyboardEvent, lazy, type PointerEvent, type ReactNode, Suspense, useRef } from "react";
import type { SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { FramePicture } from "../watch/FramePicture.tsx";
import type { Playhead } from "../watch/playhead.ts";
import { picturesOf, type Range, shareOf, ticksOf, type View } from "./timeline-view.ts";

/** The drawing library comes once there is a curve to draw. */
const ChangeCurve = lazy(async () => ({ default: (await import("./ChangeCurve.tsx")).ChangeCurve }));

type TimelineTrackProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly playhead: Playhead;
  readonly view: View;
  /** In pixels. */
  readonly width: number;
  readonly duration: number;
  readonly range: Range | null;
  readonly onRange: (range: Range | null) => void;
  readonly onZoom: (factor: number) => void;
  readonly onWhole: () => void;
};

/** Width of one picture in pixels. */
const room = 56;

/**
 * The line itself, a slider: a press goes there, a drag goes along and leaves what it passed as a range, Shift with an arrow
 * key widens that.
 */
export function TimelineTrack(props: TimelineTrackProps) {
  const { watch, view, width, range } = props;
  return (
    <Slider {...props}>
      <Pictures watch={watch} view={view} width={width} />
      <Curve watch={watch} view={view} width={width} />
      <Ahead watch={watch} view={view} />
      <div className="timeline-ticks">
        {ticksOf(view, width).map((seconds) => (
          <span key={seconds} style={{ insetInlineStart: percent(shareOf(view, seconds)) }}>
            {formatClock(seconds)}
          </span>
        ))}
      </div>
      {range && <RangeShade range={range} view={view} />}
    </Slider>
  );
}

/** A share as CSS has it, no further out than the edges. */
function percent(share: number): string {
  return `${Math.min(Math.max(share, 0), 1) * 100}%`;
}

/** Everything that follows the play head, around what does not. */
function Slider(props: TimelineTrackProps & { readonly children: ReactNode }) {
  const { watch, playhead, view, duration, range, onRange, onZoom, onWhole, children } = props;
  const seconds = useSnapshot(playhead);
  const watched = useSnapshot(watch, ({ watchedUntilSeconds }) => watchedUntilSeconds);
  const part = useSnapshot(watch, ({ video }) => partAt(video?.parts, seconds));
  const interval = useSnapshot(watch, intervalOf);
  const drag = useRef<number | null>(null);
  /** Where the range was begun by key. */
  const anchor = useRef<number | null>(null);

  function secondsAt(event: PointerEvent<HTMLElement>): number {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
    return view.from + share * (view.to - view.from);
  }

  function onPointerDown(event: PointerEvent<HTMLElement>) {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    anchor.current = null;
    if (event.shiftKey) {
      drag.current = seconds;
      return onRange(sorted(seconds, secondsAt(event)));
    }
    drag.current = secondsAt(event);
    onRange(null);
    playhead.seek(drag.current);
  }

  function onPointerMove(event: PointerEvent<HTMLElement>) {
    if (drag.current === null) return;
    const now = secondsAt(event);
    const moved = Math.abs(now - drag.current) / (view.to - view.from);
    const { width } = event.currentTarget.getBoundingClientRect();
    playhead.seek(now);
    onRange(moved * width > 4 ? sorted(drag.current, now) : null);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = Math.max(interval, (view.to - view.from) / 240);
    const page = (view.to - view.from) / 10;
    const moves: Record<string, number> = {
      ArrowLeft: seconds - step,
      ArrowDown: seconds - step,
      ArrowRight: seconds + step,
      ArrowUp: seconds + step,
      PageDown: seconds - page,
      PageUp: seconds + page,
      Home: 0,
      End: duration,
    };
    const actions: Record<string, () => void> = {
      "+": () => onZoom(0.5),
      "=": () => onZoom(0.5),
      "-": () => onZoom(2),
      "0": onWhole,
    };
    if (range) actions.Escape = () => onRange(null);
    const to = moves[event.key];
    if (to === undefined && !actions[event.key]) return;
    event.preventDefault();
    if (to === undefined) return actions[event.key]?.();
    const clamped = Math.min(Math.max(to, 0), duration);
    anchor.current = event.shiftKey ? (anchor.current ?? seconds) : null;
    onRange(anchor.current === null || anchor.current === clamped ? null : sorted(anchor.current, clamped));
    playhead.seek(clamped);
  }

  const words = `${formatClock(seconds)} of ${formatClock(duration)}${part ? `, in ${part}` : ""}, watched to ${formatClock(watched)}`;
  const inView = seconds >= view.from && seconds <= view.to;
  return (
    <div
      className="timeline-track"
      role="slider"
      aria-label="Timeline"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={duration}
      aria-valuenow={Math.round(Math.min(seconds, duration) * 100) / 100}
      aria-valuetext={words}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
      onKeyDown={onKeyDown}
    >
      {children}
      {inView && <span className="playhead" style={{ insetInlineStart: percent(shareOf(view, seconds)) }} />}
    </div>
  );
}

function sorted(a: number, b: number): Range {
  return a < b ? [a, b] : [b, a];
}

/** Name of the file that a time lies in, where there are several. */
function partAt(parts: NonNullable<SessionSnapshot["video"]>["parts"], seconds: number): string | null {
  return parts?.findLast(({ startSeconds }) => startSeconds <= seconds)?.name ?? null;
}

/** Seconds from one frame to the next. */
function intervalOf({ frames }: SessionSnapshot): number {
  const [first, second] = frames;
  return first && second ? Math.max(0.04, second.timestampSeconds - first.timestampSeconds) : 0.5;
}

type LaneProps = Pick<TimelineTrackProps, "watch" | "view" | "width">;

function Pictures({ watch, view, width }: LaneProps) {
  const frames = useSnapshot(watch, (now) => now.frames);
  return (
    <div className="timeline-pictures">
      {picturesOf(frames, view, width, room).map(({ frame, left }) => (
        <div key={Math.round(left)} style={{ transform: `translateX(${left}px)` }}>
          <FramePicture picture={frame.thumbnail} alt="" />
        </div>
      ))}
    </div>
  );
}

function Curve({ watch, view, width }: LaneProps) {
  const frames = useSnapshot(watch, (now) => now.frames);
  if (frames.length < 2 || width === 0) return null;
  return (
    <Suspense>
      <ChangeCurve frames={frames} view={view} width={width} />
    </Suspense>
  );
}

/** What is still to be watched, behind the ingest head. */
function Ahead({ watch, view }: Pick<LaneProps, "watch" | "view">) {
  const until = useSnapshot(watch, ({ watchedUntilSeconds }) => watchedUntilSeconds);
  const going = useSnapshot(watch, ({ status }) => status === "watching" || status === "opening");
  const share = shareOf(view, until);
  if (share >= 1) return null;
  return (
    <div
      className="timeline-ahead"
      data-going={going || undefined}
      style={{ insetInlineStart: percent(share) }}
      title={`Watched to ${formatClock(until)}`}
    />
  );
}

function RangeShade({ range: [from, to], view }: { readonly range: Range; readonly view: View }) {
  const [start, end] = [shareOf(view, from), shareOf(view, to)].map((share) => Math.min(Math.max(share, 0), 1));
  const size = (end ?? 0) - (start ?? 0);
  return (
    <div className="timeline-range" style={{ insetInlineStart: percent(start ?? 0), inlineSize: `${size * 100}%` }} />
  );
}
