import { useEffect, useRef, useState } from "react";
import type { Session, SessionSnapshot, TranscriptLine } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";

type TranscriptListProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly session: Session;
  /** Where the player stands, in seconds. */
  readonly playhead: Store<number>;
  /** Only lines with these words are shown; all where it is empty. */
  readonly filter: string;
  readonly onSeek: (seconds: number) => void;
};

/** What was said so far, line by line; the one that is being said is lit, and is kept in sight. */
export function TranscriptList({ watch, session, playhead, filter, onSeek }: TranscriptListProps) {
  const lines = useSnapshot(watch, (now) => now.transcript.lines);
  const current = useSnapshot(playhead, (seconds) => lineAt(lines, seconds));
  const list = useRef<HTMLOListElement>(null);
  const words = fold(filter).split(/\s+/).filter(Boolean);
  const shown =
    words.length === 0 ? lines : lines.filter(({ text }) => words.every((word) => fold(text).includes(word)));

  useEffect(() => {
    const box = list.current;
    const line = current === null ? null : box?.querySelector<HTMLElement>(`[data-line="${current}"]`);
    if (!box || !line || box.contains(document.activeElement)) return;
    const top = line.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + line.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - 48;
  }, [current]);

  if (lines.length === 0) return null;
  return (
    <>
      <ol className="lines" aria-label="Transcript" ref={list}>
        {shown.map((line) => (
          <Line key={line.id} line={line} lit={line.id === current} onSeek={onSeek} onEdit={session.editLine} />
        ))}
      </ol>
      {shown.length === 0 && <p className="listen-status">No line has these words.</p>}
    </>
  );
}

type LineProps = {
  readonly line: TranscriptLine;
  readonly lit: boolean;
  readonly onSeek: (seconds: number) => void;
  readonly onEdit: (id: number, text: string) => void;
};

function Line({ line, lit, onSeek, onEdit }: LineProps) {
  const [editing, setEditing] = useState(false);
  const time = formatClock(Math.floor(line.startSeconds));
  return (
    <li className="line" data-line={line.id} aria-current={lit || undefined}>
      {editing ? (
        <LineEditor
          text={line.text}
          name={`Text of the line at ${time}`}
          onDone={(text) => {
            setEditing(false);
            if (text !== null) onEdit(line.id, text);
          }}
        />
      ) : (
        <>
          <button type="button" className="line-text" onClick={() => onSeek(line.startSeconds)}>
            <time>{time}</time>
            <span>{line.text}</span>
          </button>
          <button
            type="button"
            className="button button-ghost line-edit"
            aria-label={`Edit the line at ${time}`}
            title="Edit"
            onClick={() => setEditing(true)}
          >
            <Icon name="edit" />
          </button>
        </>
      )}
    </li>
  );
}

type LineEditorProps = {
  readonly text: string;
  readonly name: string;
  /** Null where it stays as it was. */
  readonly onDone: (text: string | null) => void;
};

function LineEditor({ text, name, onDone }: LineEditorProps) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.select(), []);
  return (
    <form
      className="line-editor"
      onSubmit={(event) => {
        event.preventDefault();
        onDone(box.current?.value ?? null);
      }}
    >
      <input
        ref={box}
        className="field"
        aria-label={name}
        defaultValue={text}
        onBlur={(event) => onDone(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          onDone(null);
        }}
      />
    </form>
  );
}

/** The line that is being said, or the last one that was said a moment ago; null between. */
function lineAt(lines: readonly TranscriptLine[], seconds: number): number | null {
  const line = lines.findLast(({ startSeconds }) => startSeconds <= seconds + 0.05);
  return line && seconds < line.endSeconds + 0.5 ? line.id : null;
}

/** Without case and accents. */
function fold(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
