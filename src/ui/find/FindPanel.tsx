import { useState } from "react";
import type { Moment, Session, SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { FramePicture } from "../watch/FramePicture.tsx";
import "./find.css";

type FindPanelProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly session: Session;
  readonly onSeek: (seconds: number) => void;
};

/** Most results that are shown: whoever wants more types another word. */
const mostShown = 50;

/** Moments this close to each other are shown as one. */
const sameSceneSeconds = 8;

/** One box that finds moments by what was said or noted, best first; what belongs together is one result. */
export function FindPanel({ watch, session, onSeek }: FindPanelProps) {
  const [text, setText] = useState("");
  const lines = useSnapshot(watch, (now) => now.transcript.lines);
  const notes = useSnapshot(watch, (now) => now.notes);
  const searching = text.trim() !== "";
  const moments = searching ? group(session.find(text)).slice(0, mostShown) : [];
  if (lines.length === 0 && notes.length === 0 && !searching) return null;
  return (
    <search className="find">
      <input
        type="search"
        className="field"
        aria-label="Find"
        placeholder="Find a moment by what was said or noted"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {searching && (
        <p className="find-count" role="status">
          {moments.length === 0 ? "Nothing found" : `${moments.length} ${moments.length === 1 ? "moment" : "moments"}`}
        </p>
      )}
      {moments.length > 0 && (
        <ol className="moments" aria-label="Moments">
          {moments.map((moment) => (
            <li key={`${moment.kind} ${moment.seconds}`}>
              <button type="button" className="moment" onClick={() => onSeek(moment.seconds)}>
                <span className="moment-picture">
                  <FramePicture picture={moment.thumbnail} alt="" />
                </span>
                <span className="moment-head">
                  <time>{formatClock(Math.floor(moment.seconds))}</time> {moment.kind}
                  <meter aria-label="Score" min={0} max={1} value={moment.score} />
                </span>
                <span>{moment.text}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </search>
  );
}

/** Moments of a kind that lie together as one, at the place of the best of them and with the texts of all. */
function group(moments: readonly Moment[]): Moment[] {
  const groups: Moment[] = [];
  for (const moment of moments) {
    const at = groups.findIndex(
      (each) =>
        each.kind === moment.kind &&
        moment.seconds <= each.until + sameSceneSeconds &&
        moment.until >= each.seconds - sameSceneSeconds,
    );
    const near = groups[at];
    if (!near) groups.push(moment);
    else {
      const [first, second] = near.seconds <= moment.seconds ? [near, moment] : [moment, near];
      groups[at] = {
        ...near,
        seconds: first.seconds,
        until: Math.max(near.until, moment.until),
        text: `${first.text} ${second.text}`,
        thumbnail: first.thumbnail,
      };
    }
  }
  return groups;
}
