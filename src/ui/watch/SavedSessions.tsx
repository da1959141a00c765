import { useEffect, useState } from "react";
import { findSavedSessions, forgetSavedSession, type SavedSession } from "../../session/saved-sessions.ts";
import { formatDuration } from "../parts/format.ts";

type SavedSessionsProps = { readonly onOpen: (file: Blob) => Promise<boolean> };

/** What was watched before a reload or a crash, to go on with. */
export function SavedSessions({ onOpen }: SavedSessionsProps) {
  const [saved, setSaved] = useState<readonly SavedSession[]>([]);

  useEffect(() => {
    let gone = false;
    // Nothing to offer where the storage cannot be read.
    findSavedSessions().then(
      (found) => gone || setSaved(found),
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, []);

  function forget(id: string) {
    setSaved((now) => now.filter((each) => each.id !== id));
    void forgetSavedSession(id);
  }

  async function open({ file, id }: SavedSession) {
    if (await onOpen(file)) forget(id);
  }

  if (saved.length === 0) return null;
  return (
    <section className="saved-sessions" aria-label="Sessions of before">
      <h2>Go on where you were</h2>
      <ul>
        {saved.map((each) => (
          <li key={each.id}>
            <span>
              <b>{each.name}</b> · {formatDuration(each.watchedUntilSeconds)} watched
            </span>
            <button type="button" className="button button-small" onClick={() => void open(each)}>
              Restore <span className="visually-hidden">{each.name}</span>
            </button>
            <button type="button" className="button button-ghost button-small" onClick={() => forget(each.id)}>
              Forget <span className="visually-hidden">{each.name}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
