import type { Session, SessionSnapshot } from "../../session/types.ts";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatClock, formatCodec, formatCount, formatDuration, formatRate } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";

type WatchPanelProps = {
  readonly name: string;
  readonly watch: SessionSnapshot;
  /** Null while the model loads. */
  readonly session: Session | null;
  readonly playheadSeconds: number;
  /** Whether the model failed, which is told elsewhere. */
  readonly modelFailed: boolean;
  readonly onWatchAgain: () => void;
};

/** How far watching has come, apart from where the player stands, and the ways to hold or end it. */
export function WatchPanel({ name, watch, session, playheadSeconds, modelFailed, onWatchAgain }: WatchPanelProps) {
  const duration = watch.video?.durationSeconds ?? 0;
  return (
    <section className="watch" aria-label="Watching">
      <header className="watch-head">
        <div>
          <h1 title={name}>{name}</h1>
          <p>{videoLine(watch)}</p>
        </div>
        {session && !modelFailed && <Controls watch={watch} session={session} onWatchAgain={onWatchAgain} />}
      </header>
      <div className="timeline">
        <ProgressBar
          label="Watching video"
          done={watchedPart(watch)}
          text={framesLine(watch)}
          active={watch.status === "watching" || watch.status === "opening"}
        />
        {duration > 0 && (
          <span
            className="playhead"
            style={{ insetInlineStart: `${Math.min(1, playheadSeconds / duration) * 100}%` }}
          />
        )}
      </div>
      <p className="watch-line">
        <span>{statusLine(watch, session !== null)}</span>
        <span>{rateLine(watch)}</span>
      </p>
      {watch.error && !modelFailed && <ErrorNote error={watch.error} />}
      {watch.notices.length > 0 && (
        <ul className="notices" aria-label="Notices" aria-live="polite">
          {watch.notices.map((notice, order) => (
            <li key={order}>
              <Icon name="info" /> {notice.message}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

type ControlsProps = { readonly watch: SessionSnapshot; readonly session: Session; readonly onWatchAgain: () => void };

function Controls({ watch, session, onWatchAgain }: ControlsProps) {
  const { status } = watch;
  if (status === "done" || status === "opening") return null;
  if (status === "stopped" || status === "failed")
    return (
      <div className="watch-controls">
        <button type="button" className="button button-small" onClick={onWatchAgain}>
          <Icon name="again" /> {watch.framesWatched > 0 ? "Watch again" : "Try again"}
        </button>
      </div>
    );
  return (
    <div className="watch-controls">
      {status === "watching" ? (
        <button type="button" className="button button-small" onClick={() => session.pause()}>
          <Icon name="pause" /> Pause watching
        </button>
      ) : (
        <button type="button" className="button button-small" onClick={() => session.resume()}>
          <Icon name="play" /> Resume watching
        </button>
      )}
      <button type="button" className="button button-small" onClick={() => session.stop()}>
        <Icon name="end" /> End watching
      </button>
    </div>
  );
}

/** 0 to 1; null while unknown. */
function watchedPart({
  status,
  framesWatched,
  framesPlanned,
  watchedUntilSeconds,
  video,
}: SessionSnapshot): number | null {
  if (status === "done") return 1;
  // Only what was watched to the end may show as such.
  const most = 0.99;
  if (framesPlanned) return Math.min(most, framesWatched / framesPlanned);
  if (video && video.durationSeconds > 0) return Math.min(most, watchedUntilSeconds / video.durationSeconds);
  return status === "failed" || status === "stopped" ? 0 : null;
}

function framesLine({ framesWatched, framesPlanned }: SessionSnapshot): string {
  const watched = formatCount(framesWatched);
  return framesPlanned ? `${watched} of ${formatCount(framesPlanned)} frames` : `${watched} frames`;
}

function statusLine(watch: SessionSnapshot, modelReady: boolean): string {
  switch (watch.status) {
    case "opening":
      return modelReady ? "Opening the video" : "Starts as soon as the model is ready";
    case "watching":
      return `Watching · ${framesLine(watch)}`;
    case "paused":
      return `Paused · ${framesLine(watch)}`;
    case "done":
      return `Watched to the end · ${formatCount(watch.framesWatched)} frames`;
    case "stopped":
      return `Ended at ${formatClock(watch.watchedUntilSeconds)} · ${framesLine(watch)}`;
    case "failed":
      return watch.framesWatched > 0 ? `Broke off · ${framesLine(watch)}; ask about those` : "Could not be watched";
  }
}

function rateLine({ status, secondsLeft, framesPerSecond, watchMs }: SessionSnapshot): string {
  const rate = framesPerSecond > 0 ? `${formatRate(framesPerSecond)} frames/s` : "";
  if (status === "watching" && secondsLeft !== null) return `${rate} · ${formatDuration(secondsLeft)} left`;
  if (status === "done") return `in ${formatDuration(watchMs / 1000)} · ${rate}`;
  return rate;
}

function videoLine({ video }: SessionSnapshot): string {
  if (!video) return " ";
  const { durationSeconds, width, height, container, codec } = video;
  return [formatDuration(durationSeconds), `${width} × ${height}`, container, formatCodec(codec)]
    .filter(Boolean)
    .join(" · ");
}
