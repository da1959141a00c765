import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import type { SessionSnapshot } from "../../session/types.ts";
import { formatClock, formatCount } from "../parts/format.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { FramePicture } from "./FramePicture.tsx";
import { scrollToFrame, visibleFrames } from "./film-window.ts";

/** Width of one picture with its gap, in CSS pixels; the style sheet's `.film-frame` is 8 narrower. */
const step = 72;

type FilmstripProps = {
  readonly watch: Store<SessionSnapshot>;
  /** Place in the snapshot's `frames` of the chosen one; null while the newest is followed. */
  readonly selected: number | null;
  readonly onSelect: (place: number) => void;
};

/** The frames seen so far. Only those in view are in the document, so that a day's worth costs what a minute's does. */
export function Filmstrip({ watch, selected, onSelect }: FilmstripProps) {
  const frames = useSnapshot(watch, (now) => now.frames);
  const strip = useRef<HTMLDivElement>(null);
  const [scrollLeft, setScrollLeft] = useState(0);
  const current = selected ?? frames.length - 1;
  // The strip is never wider than the window.
  const { first, end } = visibleFrames(frames.length, step, scrollLeft, window.innerWidth);

  useLayoutEffect(() => {
    if (!strip.current || current < 0) return;
    const { scrollLeft: now, clientWidth } = strip.current;
    strip.current.scrollLeft = scrollToFrame(current, step, now, clientWidth, step);
  }, [current]);

  function onKeyDown(event: KeyboardEvent) {
    const page = Math.max(1, Math.floor((strip.current?.clientWidth ?? step) / step) - 1);
    const moves: Record<string, number> = {
      ArrowLeft: current - 1,
      ArrowRight: current + 1,
      PageUp: current - page,
      PageDown: current + page,
      Home: 0,
      End: frames.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined || frames.length === 0) return;
    event.preventDefault();
    onSelect(Math.min(Math.max(to, 0), frames.length - 1));
  }

  return (
    <section className="film" aria-labelledby="film-title">
      <h2 id="film-title">
        Frames seen <span>{formatCount(frames.length)}</span>
      </h2>
      <div
        ref={strip}
        className="film-strip"
        role="listbox"
        aria-label="Frames seen"
        aria-orientation="horizontal"
        tabIndex={0}
        aria-activedescendant={current >= first && current < end ? `frame-${current}` : undefined}
        onScroll={(event) => setScrollLeft(event.currentTarget.scrollLeft)}
        onKeyDown={onKeyDown}
      >
        <div className="film-reel" role="presentation" style={{ inlineSize: frames.length * step }}>
          {frames.slice(first, end).map((frame, order) => {
            const place = first + order;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list box handles the keys for its options.
              // biome-ignore lint/a11y/useFocusableInteractive: the list box holds the focus and names its active option.
              <div
                key={frame.index}
                id={`frame-${place}`}
                className="film-frame"
                role="option"
                aria-selected={place === current}
                aria-setsize={frames.length}
                aria-posinset={place + 1}
                aria-label={`Frame ${place + 1}, ${formatClock(frame.timestampSeconds)}`}
                style={{ insetInlineStart: place * step }}
                onClick={() => onSelect(place)}
              >
                <FramePicture picture={frame.thumbnail} alt="" />
                <span>{formatClock(frame.timestampSeconds)}</span>
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
