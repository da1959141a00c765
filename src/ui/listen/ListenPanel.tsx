import { useEffect, useState } from "react";
import type { Medium, Session, SessionSnapshot, TranscriptFormat } from "../../session/types.ts";
import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes, formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { fileNameOf, saveText } from "../parts/save-file.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { Playhead } from "../watch/playhead.ts";
import type { ListenChoice } from "./listen-choice.ts";
import { RecogniserView } from "./RecogniserView.tsx";
import { type RecogniserModel, recogniserKey } from "./recogniser-model.ts";
import { TranscriptList } from "./TranscriptList.tsx";
import { useLiveListening } from "./use-live-listening.ts";
import "./listen.css";

type ListenPanelProps = {
  readonly name: string;
  readonly watch: Store<SessionSnapshot>;
  /** Null while the model loads. */
  readonly session: Session | null;
  readonly choice: ListenChoice;
  /** Whether there is a video to be listened to, and not only what a memory file tells. */
  readonly audible: boolean;
  /** What is live; null for a file. */
  readonly medium: Medium | null;
  readonly recogniser: RecogniserModel;
  readonly playhead: Playhead;
};

/** What is said in the video: whether to listen, how far that has come, and the lines so far. */
export function ListenPanel(props: ListenPanelProps) {
  const { name, watch, session, choice, audible, medium, recogniser, playhead } = props;
  const chosen = useSnapshot(choice);
  const live = useLiveListening(session, medium);
  const listens = medium ? live.hears : chosen;
  const status = useSnapshot(watch, (now) => statusLine(now, listens));
  const error = useSnapshot(watch, ({ transcript }) => transcript.error);
  const spoken = useSnapshot(watch, ({ transcript }) => transcript.lines.length > 0);
  const [filter, setFilter] = useState("");

  useEffect(() => {
    const use = () => session?.useRecogniser(recogniserKey(recogniser));
    use();
    return recogniser.subscribe(use);
  }, [session, recogniser]);

  if (!audible && !spoken) return null;

  function listen(on: boolean) {
    if (medium) return void live.listen(on);
    choice.set(on);
    session?.listen(on);
  }

  return (
    <section className="listen" aria-label="What is said">
      <div className="listen-head">
        {audible && (
          <label className="listen-switch">
            <input type="checkbox" checked={listens} onChange={(event) => listen(event.currentTarget.checked)} />
            Listen
          </label>
        )}
        <span className="listen-status" role="status" aria-label="Listening">
          {status}
        </span>
        {session && <Tracks watch={watch} session={session} />}
      </div>
      {listens && <RecogniserView model={recogniser} />}
      {error && listens && <ErrorNote error={error} />}
      {live.error && <ErrorNote error={live.error} />}
      {session && spoken && (
        <>
          <div className="listen-tools">
            <input
              type="search"
              className="field"
              aria-label="Search the transcript"
              placeholder="Search what is said"
              value={filter}
              onChange={(event) => setFilter(event.currentTarget.value)}
            />
            <CopyTranscript watch={watch} />
            <Export name={name} session={session} />
          </div>
          <TranscriptList watch={watch} session={session} playhead={playhead} filter={filter} onSeek={playhead.seek} />
        </>
      )}
    </section>
  );
}

/** A choice where the video has several sound tracks. */
function Tracks({ watch, session }: { readonly watch: Store<SessionSnapshot>; readonly session: Session }) {
  const { tracks, track } = useSnapshot(watch, (now) => now.transcript);
  if (tracks.length < 2) return null;
  return (
    <select
      className="field"
      aria-label="Sound track"
      value={track ?? 0}
      onChange={(event) => session.chooseSound(Number(event.currentTarget.value))}
    >
      {tracks.map(({ index, name, language }) => (
        <option key={index} value={index}>
          {[`Track ${index + 1}`, language, name].filter(Boolean).join(" · ")}
        </option>
      ))}
    </select>
  );
}

function CopyTranscript({ watch }: { readonly watch: Store<SessionSnapshot> }) {
  const lines = useSnapshot(watch, (now) => now.transcript.lines);
  return <CopyButton name="Copy transcript" text={lines.map(({ text }) => text).join("\n")} />;
}

const formats: readonly (readonly [TranscriptFormat, string, string])[] = [
  ["vtt", "WebVTT", "vtt"],
  ["srt", "SRT", "srt"],
  ["text", "Text", "txt"],
  ["json", "JSON", "json"],
];

function Export({ name, session }: { readonly name: string; readonly session: Session }) {
  const [format, setFormat] = useState<TranscriptFormat>("vtt");
  const ending = formats.find(([each]) => each === format)?.[2] ?? "txt";
  return (
    <>
      <select
        className="field"
        aria-label="Form of the transcript"
        value={format}
        onChange={(event) => setFormat(event.currentTarget.value as TranscriptFormat)}
      >
        {formats.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="button button-small"
        onClick={() =>
          saveText(session.export(format, "transcript"), fileNameOf(name, ending), "text/plain;charset=utf-8")
        }
      >
        <Icon name="download" /> Export transcript
      </button>
    </>
  );
}

function statusLine({ status: watching, transcript, video }: SessionSnapshot, listens: boolean): string {
  const { status, lines, heardUntilSeconds, durationSeconds, download } = transcript;
  const until = formatClock(Math.floor(heardUntilSeconds));
  const progress = durationSeconds ? `${until} of ${formatClock(Math.round(durationSeconds))}` : until;
  if (download)
    return `Downloading the recogniser · ${formatBytes(download.loadedBytes)} of ${formatBytes(download.totalBytes)}`;
  switch (status) {
    case "off":
      if (listens) return "Starts once the model is ready";
      return lines.length > 0 ? `Off since ${until}` : "Off: the sound is neither decoded nor heard";
    case "waiting":
      return watching === "failed" ? "The video could not be opened" : "Starts once the video is open";
    case "listening":
      return `Listening · ${progress}`;
    case "paused":
      return `Paused · ${progress}`;
    case "done":
      return lines.length > 0 ? "Heard to the end" : "Heard to the end: nobody speaks";
    case "no-sound":
      return lines.length > 0 ? `Heard to ${until}, as the memory tells` : describeSilence(video);
    case "failed":
      return "Cannot be heard";
  }
}

/** Why there is nothing to hear. */
function describeSilence(video: SessionSnapshot["video"]): string {
  if (video?.live === "screen")
    return "No sound is shared with the screen: press Screen again, and share a tab with its sound";
  return (video?.parts?.length ?? 0) > 1 ? "None of the videos has sound" : "This video has no sound";
}
