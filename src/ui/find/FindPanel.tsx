import { useEffect, useState } from "react";
import type { Moment, Session, SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { FramePicture } from "../watch/FramePicture.tsx";
import { groupMoments } from "./group-moments.ts";
import { SearchModelView } from "./SearchModelView.tsx";
import type { SearchModelStore } from "./search-model.ts";
import "./find.css";

type FindPanelProps = {
  readonly watch: Store<SessionSnapshot>;
  readonly session: Session;
  readonly model: SearchModelStore;
  /** Second of the frame that is chosen; null for none. */
  readonly chosen: number | null;
  readonly onSeek: (seconds: number) => void;
};

/** What is looked for: a text, or what looks like the moment of a second. */
type Query = { readonly text: string; readonly alike: number | null };

/** One box that finds moments by what was seen, said or noted, best first; what belongs together is one result. */
export function FindPanel({ watch, session, model, chosen, onSeek }: FindPanelProps) {
  const [query, setQuery] = useState<Query>({ text: "", alike: null });
  const moments = useMoments(watch, session, query);
  const seesAny = useSnapshot(watch, ({ seen }) => seen.frames > 0);
  const anything = useSnapshot(watch, ({ frames, transcript }) => frames.length > 0 || transcript.lines.length > 0);
  if (!anything && query.text === "") return null;
  const alike = (seconds: number) => setQuery({ text: "", alike: seconds });
  return (
    <search className="find">
      <input
        type="search"
        className="field"
        aria-label="Find"
        placeholder={
          seesAny ? "Find a moment by what was seen, said or noted" : "Find a moment by what was said or noted"
        }
        value={query.text}
        onChange={(event) => setQuery({ text: event.currentTarget.value, alike: null })}
      />
      <SearchModelView model={model} watch={watch} />
      {seesAny && chosen !== null && query.alike === null && (
        <p className="side-model">
          <button type="button" className="button button-small button-ghost" onClick={() => alike(chosen)}>
            <Icon name="search" /> More like this frame
          </button>
        </p>
      )}
      {moments && (
        <p className="find-count" role="status">
          {moments.length === 0 ? "Nothing found" : `${moments.length} ${moments.length === 1 ? "moment" : "moments"}`}
          {query.alike !== null && (
            <>
              {" "}
              like {formatClock(Math.floor(query.alike))}{" "}
              <button type="button" className="link" onClick={() => setQuery({ text: "", alike: null })}>
                Clear
              </button>
            </>
          )}
        </p>
      )}
      {moments && moments.length > 0 && (
        <ol className="moments" aria-label="Moments">
          {moments.map((moment) => (
            <MomentItem key={`${moment.kind} ${moment.seconds}`} moment={moment} onSeek={onSeek} onAlike={alike} />
          ))}
        </ol>
      )}
    </search>
  );
}

/** Milliseconds without another letter after which a text is looked for in pictures, which takes longer than in words. */
const restMs = 150;

/** What is found, newly whenever there is more to search; null while nothing is looked for. */
function useMoments(watch: Store<SessionSnapshot>, session: Session, { text, alike }: Query): readonly Moment[] | null {
  const lines = useSnapshot(watch, (now) => now.transcript.lines);
  const notes = useSnapshot(watch, (now) => now.notes);
  const frames = useSnapshot(watch, (now) => now.seen.frames);
  const [moments, setMoments] = useState<readonly Moment[] | null>(null);
  const nothing = text.trim() === "" && alike === null;
  useEffect(() => {
    if (nothing) return setMoments(null);
    let current = true;
    const look = async () => {
      const found = alike === null ? await session.find(text) : await session.findAlike(alike);
      if (current) setMoments(groupMoments(found));
    };
    const timer = setTimeout(() => void look().catch(() => undefined), frames > 0 ? restMs : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [session, text, alike, nothing, lines, notes, frames]);
  return nothing ? null : moments;
}

type MomentItemProps = {
  readonly moment: Moment;
  readonly onSeek: (seconds: number) => void;
  readonly onAlike: (seconds: number) => void;
};

function MomentItem({ moment, onSeek, onAlike }: MomentItemProps) {
  const { kind, seconds, score, text, thumbnail } = moment;
  const time = formatClock(Math.floor(seconds));
  return (
    <li className="moment-item">
      <button type="button" className="moment" onClick={() => onSeek(seconds)}>
        <span className="moment-picture">
          <FramePicture picture={thumbnail} alt="" />
        </span>
        <span className="moment-head">
          <time>{time}</time> {kind}
          <span className="moment-score">
            {kind === "seen" && percent(score)}
            <meter aria-label="Score" min={0} max={1} value={score} />
          </span>
        </span>
        <span>{text}</span>
      </button>
      {kind === "seen" && (
        <button
          type="button"
          className="button button-small button-ghost moment-alike"
          aria-label={`More like ${time}`}
          title="More like this"
          onClick={() => onAlike(seconds)}
        >
          <Icon name="search" />
        </button>
      )}
    </li>
  );
}

function percent(score: number): string {
  return score < 0.01 ? "< 1 %" : `${Math.round(score * 100)} %`;
}
