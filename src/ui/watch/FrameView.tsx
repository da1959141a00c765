import { useMemo, useState } from "react";
import type { FrameRecord, SessionSnapshot } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { FramePicture } from "./FramePicture.tsx";
import { shownFrame } from "./shown-frame.ts";
import { mapTokens, type TokenMap } from "./token-map.ts";

type FrameViewProps = {
  readonly watch: Store<SessionSnapshot>;
  /** Place of the chosen frame; null while the newest is followed. */
  readonly selected: number | null;
  readonly onFollow: () => void;
};

/** One frame as the model sees it: its square picture, and on it which patches share a token. */
export function FrameView({ watch, selected, onFollow }: FrameViewProps) {
  const frame = useSnapshot(watch, (now) => shownFrame(now, selected));
  const following = selected === null;
  const [shown, setShown] = useState(true);
  const owners = frame?.owners;
  const map = useMemo(() => (owners && owners.length > 0 ? mapTokens(owners) : null), [owners]);
  return (
    <figure className="frame-view" data-following={following || undefined}>
      <div className="frame-picture">
        {frame && (
          <FramePicture picture={frame.thumbnail} alt={`The frame at ${formatClock(frame.timestampSeconds)}`} />
        )}
        {map && shown && <TokenOverlay map={map} />}
      </div>
      <figcaption>
        <div className="frame-title">
          <h2>What the model sees</h2>
          <span>{frame ? formatClock(frame.timestampSeconds) : "–:––"}</span>
        </div>
        <p className="frame-count">{describe(frame, map)}</p>
        <Legend map={map} />
        <div className="frame-actions">
          <button
            type="button"
            className="button button-small"
            aria-pressed={shown}
            disabled={!map}
            onClick={() => setShown(!shown)}
          >
            <Icon name="grid" /> Tokens
          </button>
          <button type="button" className="button button-small" disabled={following} onClick={onFollow}>
            <Icon name="latest" /> Newest
          </button>
        </div>
      </figcaption>
    </figure>
  );
}

function describe(frame: FrameRecord | null, map: TokenMap | null): string {
  if (map) return `${map.patches} patches → ${map.regions.length} tokens`;
  return frame ? "Picture no longer kept" : "No frame yet";
}

/** From 0 for a patch left alone to 1 for the largest token, by doublings. */
function weight(size: number, largest: number): number {
  return largest > 1 ? Math.log2(size) / Math.log2(largest) : 0;
}

function TokenOverlay({ map }: { readonly map: TokenMap }) {
  return (
    <svg className="tokens" viewBox={`0 0 ${map.columns} ${map.columns}`} aria-hidden="true">
      <defs>
        <pattern id="hatch" width="0.25" height="0.25" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0v0.25" />
        </pattern>
      </defs>
      {map.dropped && <path className="token-dropped" d={map.dropped} fill="url(#hatch)" />}
      {map.regions.map((region) => (
        <path
          key={region.token}
          className="token"
          d={region.path}
          style={{ "--weight": weight(region.size, map.largest) }}
        >
          <title>{region.size === 1 ? "1 patch, kept as it is" : `${region.size} patches in one token`}</title>
        </path>
      ))}
      <path className="token-border token-border-under" d={map.borders} />
      <path className="token-border" d={map.borders} />
    </svg>
  );
}

function Legend({ map }: { readonly map: TokenMap | null }) {
  return (
    <ul className="legend">
      <li>
        <span className="legend-alone" /> alone
      </li>
      <li>
        <span className="legend-merged" /> merged{map && map.largest > 1 ? `, up to ${map.largest}` : ""}
      </li>
      {map?.dropped && (
        <li>
          <span className="legend-dropped" /> dropped
        </li>
      )}
    </ul>
  );
}
