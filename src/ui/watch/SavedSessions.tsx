import { useEffect, useState } from "react";
import {
  findSavedSessions,
  forgetSavedSession,
  handOver,
  type SavedSession,
} from "../../session/page/saved-sessions.ts";
import { formatCount, formatDuration, formatMoment } from "../parts/format.ts";

/** How much was seen and asked, and when that was. */
function describe({ watchedUntilSeconds, questions, savedMs }: SavedSession): string {
  const asked = questions === 0 ? "" : `${formatCount(questions)} ${questions === 1 ? "question" : "questions"}`;
  return [`${formatDuration(watchedUntilSeconds)} watched`, asked, formatMoment(savedMs)].filter(Boolean).join(" · ");
}

type SavedSessionsProps = { readonly onOpen: (file: Blob) => Promise<(() => string | null) | null> };

/** What was watched before a reload or a crash, to go on with. */
export function SavedSessions({ onOpen }: SavedSessionsProps) {
  const [saved, setSaved] = useState<readonly SavedSession[]>([]);

  // Once more a few times: the tab of before holds its sessions until the browser has done away with it.
  useEffect(() => {
    let tries = 0;
    let timer = 0;
    let gone = false;
    const show = (found: readonly SavedSession[]) => {
      if (gone) return;
      setSaved(found);
      if (found.length === 0 && ++tries < 40) timer = window.setTimeout(look, tries < 8 ? 1500 : 5000);
    };
    // Nothing to offer where the storage cannot be read.
    const look = () => void findSavedSessions().then(show, () => undefined);
    look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, []);

  function forget(id: string) {
    setSaved((now) => now.filter((each) => each.id !== id));
    void forgetSavedSession(id);
  }

  async function open({ file, id }: SavedSession) {
    const heir = await onOpen(file);
    if (heir) await handOver(id, heir);
  }

  if (saved.length === 0) return null;
  return (
    <section className="saved-sessions" aria-label="Sessions of before">
      <h2>Go on where you were</h2>
      <ul>
        {saved.map((each) => (
          <li key={each.id}>
            <span>
              <b>{each.name}</b> · {describe(each)}
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
