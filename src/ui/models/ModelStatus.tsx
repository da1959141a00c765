import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { nano, sameChoice } from "./model-catalog.ts";
import { currentLoad, type ModelLoad } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";
import type { Models } from "./models.ts";
import { NoWebGpu } from "./NoWebGpu.tsx";

type ModelStatusProps = { readonly slot: ModelSlot; readonly models: Models };

/** The model's price and progress while it loads, its name once it is there, and what to do when it is not. */
export function ModelStatus({ slot, models }: ModelStatusProps) {
  const now = useSnapshot(slot);
  const { model, request } = now;
  const reload = () => void slot.load();
  if (model.status === "loading") {
    const load = currentLoad(now);
    return load && <Loading load={load} />;
  }
  if (model.status === "ready") {
    const { name, bytes, notices } = model.assistant.model;
    return (
      <>
        <p className="model-status">
          <span className="model-ready">
            <Icon name="check" /> Model ready
          </span>
          <span>
            {name} · {formatBytes(bytes)} · {model.assistant.adapter.software ? "on this CPU" : "on this GPU"}
          </span>
        </p>
        <ModelNotices notices={notices} />
      </>
    );
  }
  if (model.error.code === "WebGpuUnavailable") return <NoWebGpu message={model.error.message} onRetry={reload} />;
  return (
    <ErrorNote error={model.error}>
      <button type="button" className="button" onClick={reload}>
        <Icon name="again" /> {model.lost ? "Reload model" : "Try again"}
      </button>
      {!sameChoice(request.choice, nano.choice) && (
        <button type="button" className="button" onClick={() => void models.useNano()}>
          Back to nano
        </button>
      )}
    </ErrorNote>
  );
}

/** What loading the model found, in sentences; nothing where there is nothing to say. */
export function ModelNotices({ notices }: { readonly notices: readonly string[] }) {
  if (notices.length === 0) return null;
  return (
    <ul className="notices" aria-label="Notices about the model">
      {notices.map((notice) => (
        <li key={notice}>
          <Icon name="info" /> {notice}
        </li>
      ))}
    </ul>
  );
}

function Loading({ load }: { readonly load: ModelLoad }) {
  return (
    <div className="model-status">
      <ProgressBar label="Loading model" done={load.done} text={load.text} active />
      <span>{load.text}</span>
    </div>
  );
}
