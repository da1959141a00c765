import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { nano, sameChoice } from "./model-catalog.ts";
import type { ModelSlot, ModelState } from "./model-slot.ts";
import type { Models } from "./models.ts";

type ModelStatusProps = { readonly slot: ModelSlot; readonly models: Models };

/** The model's price and progress while it loads, its name once it is there, and what to do when it is not. */
export function ModelStatus({ slot, models }: ModelStatusProps) {
  const { model, request } = useSnapshot(slot);
  const reload = () => void slot.load();
  if (model.status === "loading") return <Loading model={model} />;
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

function Loading({ model }: { readonly model: Extract<ModelState, { status: "loading" }> }) {
  const { progress } = model;
  const total = progress?.totalBytes ?? null;
  const loaded = progress?.loadedBytes ?? 0;
  const text =
    progress?.stage === "prepare"
      ? "Preparing the model"
      : total === null
        ? "Waking the GPU"
        : `${progress?.stage === "convert" ? "Converting" : "Loading"} the model · ${formatBytes(loaded)} of ${formatBytes(total)}`;
  const done = total === null ? null : progress?.stage === "prepare" ? 1 : loaded / Math.max(total, 1);
  return (
    <div className="model-status">
      <ProgressBar label="Loading model" done={done} text={text} active />
      <span>{text}</span>
    </div>
  );
}

function NoWebGpu({ message, onRetry }: { readonly message: string; readonly onRetry: () => void }) {
  return (
    <div className="no-webgpu" role="alert">
      <h2>This browser does not reach the GPU</h2>
      <p>{message}</p>
      <p>AuroraLong computes on your own machine through WebGPU. Here is where it works:</p>
      <dl>
        <dt>Chrome or Edge 121+</dt>
        <dd>
          Windows, macOS, ChromeOS and Android: nothing to set. On Linux, chrome://flags/#enable-unsafe-webgpu may have
          to be on.
        </dd>
        <dt>Safari 26+</dt>
        <dd>On macOS 26, iOS 26 and iPadOS 26.</dd>
        <dt>Firefox 141+</dt>
        <dd>On Windows; on Apple silicon from 145.</dd>
        <dt>Anywhere</dt>
        <dd>
          The page must come over https or from localhost, and “Use graphics acceleration when available” must be on in
          the browser’s settings.
        </dd>
      </dl>
      <button type="button" className="button" onClick={onRetry}>
        <Icon name="again" /> Try again
      </button>
    </div>
  );
}
