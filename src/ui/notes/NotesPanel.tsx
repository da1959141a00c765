import { useState } from "react";
import type { Session, SessionSnapshot } from "../../session/types.ts";
import { formatClock, formatCount } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useNewest } from "../parts/use-newest.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { ExportNotes } from "./ExportNotes.tsx";
import { NoteItem } from "./NoteItem.tsx";
import { StandingQuestions } from "./StandingQuestions.tsx";
import "./notes.css";

type NotesPanelProps = {
  readonly watch: Store<SessionSnapshot>;
  /** Null while the model loads. */
  readonly session: Session | null;
  /** Name of the video, for files made of the notes. */
  readonly name: string;
  readonly onSeek: (seconds: number) => void;
};

/** Scenes, and notes, that show without being asked for: a day has thousands. */
const few = 60;

/** What was noted while watching, the scenes that it was noted of, and the questions that are asked again and again. */
export function NotesPanel({ watch, session, name, onSeek }: NotesPanelProps) {
  const scenes = useSnapshot(watch, (now) => now.scenes);
  const { shown, earlier } = useNewest(scenes, few);
  return (
    <section className="notes" aria-label="What happened">
      <StandingQuestions watch={watch} onSeek={onSeek} onUnpin={session?.unpin ?? null} />
      {session && <Notes session={session} name={name} onSeek={onSeek} />}
      {scenes.length > 0 && (
        <>
          <h2 id="scenes-title">
            Scenes <span>{formatCount(scenes.length)}</span>
          </h2>
          <ol className="scenes" aria-label="Scenes">
            {earlier}
            {shown.map(({ fromSeconds, untilSeconds }) => (
              <li key={fromSeconds}>
                <button
                  type="button"
                  className="chip-time"
                  title={`${formatClock(fromSeconds)} to ${formatClock(untilSeconds)}`}
                  onClick={() => onSeek(fromSeconds)}
                >
                  {formatClock(fromSeconds)}
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

type NotesProps = { readonly session: Session; readonly name: string; readonly onSeek: (seconds: number) => void };

function Notes({ session, name, onSeek }: NotesProps) {
  const notes = useSnapshot(session, (now) => now.notes);
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLocaleLowerCase();
  const found = notes.filter(({ text }) => text.toLocaleLowerCase().includes(wanted));
  const { shown, earlier } = useNewest(found, few);
  if (notes.length === 0) return null;
  return (
    <>
      <header className="notes-head">
        <h2>
          Notes <span>{formatCount(notes.length)}</span>
        </h2>
        <label className="notes-search">
          <Icon name="search" />
          <input
            type="search"
            aria-label="Search the notes"
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        <ExportNotes session={session} name={name} />
      </header>
      <ol className="notes-list" aria-label="Notes">
        {earlier}
        {shown.map((note) => (
          <NoteItem key={note.id} note={note} session={session} onSeek={onSeek} />
        ))}
      </ol>
      {found.length === 0 && <p className="notes-none">No note says “{search.trim()}”.</p>}
    </>
  );
}
