import { type Ref, useEffect, useRef, useState } from "react";
import type { Session, SessionSnapshot } from "../../session/types.ts";
import { focusNeighbour } from "../parts/focus-neighbour.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";

type NoteItemProps = {
  readonly note: SessionSnapshot["notes"][number];
  readonly session: Session;
  readonly onSeek: (seconds: number) => void;
};

/** One note with its time, which is that of its scene and none that a model made up; to be edited, or taken away. */
export function NoteItem({ note, session, onSeek }: NoteItemProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const edit = useRef<HTMLButtonElement>(null);
  const edited = useRef(false);
  useEffect(() => {
    if (draft === null && edited.current) edit.current?.focus();
    edited.current = draft !== null;
  }, [draft]);
  const clock = formatClock(note.fromSeconds);

  function keep() {
    if (draft?.trim()) session.editNote(note.id, draft.trim());
    setDraft(null);
  }

  return (
    <li>
      <button
        type="button"
        className="chip-time"
        title={`${clock} to ${formatClock(note.untilSeconds)}`}
        onClick={() => onSeek(note.fromSeconds)}
      >
        {clock}
      </button>
      {draft === null ? (
        <>
          <p>
            {note.text} {note.edited && <small>edited</small>}
          </p>
          <ItemButton ref={edit} icon="edit" name={`Edit the note at ${clock}`} onPress={() => setDraft(note.text)} />
          <ItemButton
            icon="trash"
            name={`Delete the note at ${clock}`}
            onPress={(button) => {
              focusNeighbour(button);
              session.removeNote(note.id);
            }}
          />
        </>
      ) : (
        <form
          className="note-form"
          onSubmit={(event) => {
            event.preventDefault();
            keep();
          }}
        >
          <input
            type="text"
            aria-label={`Note at ${clock}`}
            // biome-ignore lint/a11y/noAutofocus: the person has just pressed Edit.
            autoFocus
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              event.preventDefault();
              setDraft(null);
            }}
          />
          <button type="submit" className="button button-small">
            Keep
          </button>
        </form>
      )}
    </li>
  );
}

type ItemButtonProps = {
  readonly icon: "edit" | "trash";
  readonly name: string;
  readonly onPress: (button: HTMLButtonElement) => void;
  readonly ref?: Ref<HTMLButtonElement>;
};

function ItemButton({ icon, name, onPress, ref }: ItemButtonProps) {
  return (
    <button
      ref={ref}
      type="button"
      className="button button-ghost button-small"
      aria-label={name}
      title={name}
      onClick={(event) => onPress(event.currentTarget)}
    >
      <Icon name={icon} />
    </button>
  );
}
