import type { Session, SessionSnapshot } from "../../session/types.ts";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes, formatClock, formatCodec, formatCount, formatDuration, formatRate } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";

type WatchPanelProps = {
  readonly name: string;
  readonly watch: Store<SessionSnapshot>;
  /** Null while the model loads. */
  readonly session: Session | null;
  /** Whether the model failed, which is told elsewhere. */
  readonly modelFailed: boolean;
  readonly onWatchAgain: () => void;
};

/** How far watching has come, and the ways to hold or end it. */
export function WatchPanel({ name, watch, session, modelFailed, onWatchAgain }: WatchPanelProps) {
  const line = useSnapshot(watch, videoLine);
  const error = useSnapshot(watch, (now) => now.error);
  return (
    <section className="watch" aria-label="Watching">
      <header className="watch-head">
        <div>
          <h1 title={name}>{name}</h1>
          <p>{line}</p>
        </div>
        {session && !modelFailed && <Controls session={session} onWatchAgain={onWatchAgain} />}
      </header>
      <WatchedBar watch={watch} />
      <WatchLine watch={watch} modelReady={session !== null} />
      {error && !modelFailed && <ErrorNote error={error} />}
      <Notices watch={watch} />
    </section>
  );
}

type ControlsProps = { readonly session: Session; readonly onWatchAgain: () => void };

function Controls({ session, onWatchAgain }: ControlsProps) {
  const status = useSnapshot(session, (now) => now.status);
  const begun = useSnapshot(session, (now) => now.framesWatched > 0);
  if (status === "done") return null;
  if (status === "opening")
    return (
      <div className="watch-controls late">
        <button type="button" className="button button-small" onClick={() => session.stop()}>
          <Icon name="end" /> Stop opening
        </button>
      </div>
    );
  if (status === "stopped" || status === "failed")
    return (
      <div className="watch-controls">
        <button type="button" className="button button-small" onClick={onWatchAgain}>
          <Icon name="again" /> {begun ? "Watch again" : "Try again"}
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
      <button
        type="button"
        className="button button-small"
        onClick={(event) => {
          // The one beside it stays, as Watch again.
          (event.currentTarget.previousElementSibling as HTMLElement | null)?.focus();
          session.stop();
        }}
      >
        <Icon name="end" /> End watching
      </button>
    </div>
  );
}

type WatchProps = Pick<WatchPanelProps, "watch">;

function WatchedBar({ watch }: WatchProps) {
  const done = useSnapshot(watch, watchedPart);
  const text = useSnapshot(watch, framesLine);
  const active = useSnapshot(watch, ({ status }) => status === "watching" || status === "opening");
  return <ProgressBar label="Watching video" done={done} text={text} active={active} />;
}

function WatchLine({ watch, modelReady }: WatchProps & { readonly modelReady: boolean }) {
  const status = useSnapshot(watch, (now) => statusLine(now, modelReady));
  const rate = useSnapshot(watch, rateLine);
  return (
    <p className="watch-line">
      <span>{status}</span>
      <span>{rate}</span>
    </p>
  );
}

function Notices({ watch }: WatchProps) {
  const notices = useSnapshot(watch, (now) => now.notices);
  if (notices.length === 0) return null;
  return (
    <ul className="notices" aria-label="Notices" aria-live="polite">
      {notices.map((notice, order) => (
        <li key={order}>
          <Icon name="info" /> {notice.message}
        </li>
      ))}
    </ul>
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

function framesLine({ framesWatched, framesPlanned, framesDropped }: SessionSnapshot): string {
  const watched = formatCount(framesWatched);
  if (framesPlanned) return `${watched} of ${formatCount(framesPlanned)} frames`;
  const dropped = framesDropped > 0 ? ` · ${formatCount(framesDropped)} dropped` : "";
  return `${watched} ${framesWatched === 1 ? "frame" : "frames"}${dropped}`;
}

function openingLine({ download, opening }: SessionSnapshot): string {
  // Most files are open before there is anything to tell.
  if (!download) return opening === null ? "Opening the video" : `Opening the video · ${Math.floor(opening * 100)} %`;
  const { loadedBytes, totalBytes } = download;
  const of = totalBytes === null ? "" : ` of ${formatBytes(totalBytes)}`;
  return `Downloading the video · ${formatBytes(loadedBytes)}${of}`;
}

function statusLine(watch: SessionSnapshot, modelReady: boolean): string {
  switch (watch.status) {
    case "opening":
      return modelReady ? openingLine(watch) : "Starts as soon as the model is ready";
    case "watching":
      return `${watch.video?.live ? "Watching live" : "Watching"} · ${framesLine(watch)}`;
    case "paused":
      return `Paused · ${framesLine(watch)}`;
    case "done":
      return `Watched to the end · ${formatCount(watch.framesWatched)} frames`;
    case "stopped":
      if (watch.framesWatched === 0) return "Stopped before the first frame";
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
  const { durationSeconds, width, height, container, codec, live, parts } = video;
  const length = live ? "Live" : formatDuration(durationSeconds);
  const files = parts ? `${formatCount(parts.length)} files` : "";
  return [files, length, `${width} × ${height}`, container, formatCodec(codec)].filter(Boolean).join(" · ");
}
