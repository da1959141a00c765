import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { Playhead } from "../watch/playhead.ts";
import { MarkLane } from "./MarkLane.tsx";
import type { Mark } from "./marks.ts";
import { PartLane } from "./PartLane.tsx";
import { TimelineActions } from "./TimelineActions.tsx";
import { TimelineTrack } from "./TimelineTrack.tsx";
import { clampView, panView, type Range, revealIn, type View, zoomView } from "./timeline-view.ts";
import "./timeline.css";

export type TimelineProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly playhead: Playhead;
  readonly marks: readonly Mark[];
  /** Asks, or prepares to ask, what was known at that second. */
  readonly onAskAsOf: (seconds: number) => void;
  /** Asks, or prepares to ask, about those seconds alone. */
  readonly onLookAgain: (range: Range) => void;
};

/** The video as a line: what was watched of it, where the player stands, what happened when; and the ways along it. */
export function Timeline({ watch, playhead, marks, onAskAsOf, onLookAgain }: TimelineProps) {
  const duration = useSnapshot(watch, lengthOf);
  const [zoomed, setZoomed] = useState<View | null>(null);
  const [range, setRange] = useState<Range | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const view = useMemo(() => clampView(zoomed ?? { from: 0, to: duration }, duration), [zoomed, duration]);
  const whole = view.from === 0 && view.to === duration;

  const show = useCallback((next: View) => setZoomed(next.from <= 0 && next.to >= duration ? null : next), [duration]);
  const zoom = (factor: number, around = playhead.snapshot) => {
    const inside = around >= view.from && around <= view.to;
    show(zoomView(view, factor, inside ? around : (view.from + view.to) / 2, duration));
  };

  useWheel(box, (event) => {
    const { width: pixels, left } = box.current?.getBoundingClientRect() ?? { width: 1, left: 0 };
    const length = view.to - view.from;
    if (event.ctrlKey || event.metaKey) {
      const around = view.from + ((event.clientX - left) / pixels) * length;
      show(zoomView(view, Math.exp(event.deltaY / 200), around, duration));
      return true;
    }
    const by = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (whole || by === 0) return false;
    show(panView(view, (by / pixels) * length, duration));
    return true;
  });

  // The play head stays in sight.
  useEffect(
    () =>
      playhead.subscribe(() => {
        setZoomed((now) => now && revealIn(now, playhead.snapshot, duration));
      }),
    [playhead, duration],
  );

  return (
    <section className="timeline" aria-label="Timeline and times" hidden={duration <= 0}>
      <div className="timeline-head">
        <TimelineActions
          watch={watch}
          playhead={playhead}
          range={range}
          onAskAsOf={onAskAsOf}
          onLookAgain={onLookAgain}
          onClear={() => setRange(null)}
        />
        <ZoomButtons
          whole={whole}
          onZoom={zoom}
          onPan={(share) => show(panView(view, share * (view.to - view.from), duration))}
          onWhole={() => setZoomed(null)}
        />
      </div>
      <div ref={box} className="timeline-lanes">
        <TimelineTrack
          {...{ watch, playhead, view, width, duration, range }}
          onRange={setRange}
          onZoom={zoom}
          onWhole={() => setZoomed(null)}
        />
        <PartLane watch={watch} view={view} />
        <MarkLane marks={marks} view={view} width={width} onSeek={playhead.seek} />
      </div>
      <p className="timeline-span" aria-live="polite">
        {whole ? "" : `Showing ${formatClock(view.from)} to ${formatClock(view.to)} of ${formatClock(duration)}`}
      </p>
    </section>
  );
}

/** What the timeline spans: the whole video, or of what is live all that was seen; at least what was watched. */
function lengthOf({ video, watchedUntilSeconds }: SessionSnapshot): number {
  if (!video) return 0;
  return Math.max(video.durationSeconds, watchedUntilSeconds, video.live ? 10 : 0);
}

type ZoomButtonsProps = {
  readonly whole: boolean;
  readonly onZoom: (factor: number) => void;
  readonly onPan: (share: number) => void;
  readonly onWhole: () => void;
};

function ZoomButtons({ whole, onZoom, onPan, onWhole }: ZoomButtonsProps) {
  return (
    <fieldset className="timeline-zoom">
      <legend className="visually-hidden">Part of the timeline that shows</legend>
      {!whole && (
        <>
          <IconButton icon="earlier" name="Earlier" onPress={() => onPan(-0.8)} />
          <IconButton icon="later" name="Later" onPress={() => onPan(0.8)} />
          <IconButton icon="whole" name="Whole video" onPress={onWhole} />
        </>
      )}
      <IconButton icon="zoomOut" name="Zoom out" disabled={whole} onPress={() => onZoom(2)} />
      <IconButton icon="zoomIn" name="Zoom in" onPress={() => onZoom(0.5)} />
    </fieldset>
  );
}

type IconButtonProps = {
  readonly icon: "earlier" | "later" | "whole" | "zoomIn" | "zoomOut";
  readonly name: string;
  readonly disabled?: boolean;
  readonly onPress: () => void;
};

function IconButton({ icon, name, disabled = false, onPress }: IconButtonProps) {
  return (
    <button
      type="button"
      className="button button-ghost button-small"
      aria-label={name}
      title={name}
      disabled={disabled}
      onClick={onPress}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Width of an element in pixels; 0 before it is laid out. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observed = element.current;
    if (!observed) return;
    const observer = new ResizeObserver(() => setWidth(observed.clientWidth));
    observer.observe(observed);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** Calls `turn` for the wheel over an element; what it takes does not scroll the page. */
function useWheel(element: RefObject<HTMLElement | null>, turn: (event: WheelEvent) => boolean) {
  const latest = useRef(turn);
  latest.current = turn;
  useEffect(() => {
    const target = element.current;
    const onWheel = (event: WheelEvent) => {
      if (latest.current(event)) event.preventDefault();
    };
    target?.addEventListener("wheel", onWheel, { passive: false });
    return () => target?.removeEventListener("wheel", onWheel);
  });
}
