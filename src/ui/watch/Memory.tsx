import type { SessionSnapshot } from "../../session/types.ts";
import { formatBytes, formatCount, formatDuration } from "../parts/format.ts";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";

type MemoryProps = {
  readonly watch: Store<SessionSnapshot>;
  /** Bytes of the state; null before the model is loaded. */
  readonly stateBytes: number | null;
};

/** The point of it all: what was watched grows, the memory does not. */
export function Memory({ watch, stateBytes }: MemoryProps) {
  // A session outlives its model when the GPU is lost.
  const bytes = useSnapshot(watch, (now) => now.stateBytes) || stateBytes;
  const counting = useSnapshot(watch, (now) => now.status === "watching");
  return (
    // Silent while it counts; the figures are read out once watching ends.
    <div className="memory" role="status" aria-label="Memory" aria-live={counting ? "off" : "polite"}>
      <p>
        <Curve growing />
        <Watched watch={watch} />
      </p>
      <p>
        <Curve />
        {bytes ? (
          <span>
            <b>{formatBytes(bytes)}</b> of memory, and it stays {formatBytes(bytes)}{" "}
            <small>({formatCount(bytes)} bytes)</small>
          </span>
        ) : (
          <span>memory of one size, however long the video</span>
        )}
      </p>
    </div>
  );
}

function Watched({ watch }: Pick<MemoryProps, "watch">) {
  const duration = useSnapshot(watch, (now) => formatDuration(now.watchedUntilSeconds));
  const tokens = useSnapshot(watch, (now) => formatCount(now.visualTokens));
  return (
    <span>
      <b>{duration}</b> watched · <b>{tokens}</b> visual tokens
    </span>
  );
}

/** A sign beside the words: what grows climbs, what stays is level. */
function Curve({ growing = false }: { readonly growing?: boolean }) {
  return (
    <svg className="curve" viewBox="0 0 40 16" aria-hidden="true">
      <path d={growing ? "M1 15C16 14 28 9 39 1" : "M1 8h38"} />
    </svg>
  );
}
