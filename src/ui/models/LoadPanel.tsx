import type { FileProgress } from "../../library/types.ts";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import type { ModelLoad } from "./model-load.ts";
import type { ModelChange } from "./model-slot.ts";

type LoadPanelProps = {
  readonly load: ModelLoad;
  /** Name of the model that serves meanwhile; null when none does. */
  readonly serving: string | null;
  readonly onCancel: () => void;
};

/** A model on its way in: steps, one bar for the step at hand, and its files. */
export function LoadPanel({ load, serving, onCancel }: LoadPanelProps) {
  const { request, steps, done, text, files, cancellable } = load;
  return (
    <section ref={reveal} tabIndex={-1} className="load" aria-labelledby="load-title">
      <header>
        <h3 id="load-title" className="load-title">
          Loading {request.name}
        </h3>
        {request.quantization !== "auto" && <span className="tag">{request.quantization}</span>}
        {cancellable && (
          <button type="button" className="button button-small" onClick={onCancel}>
            Cancel
          </button>
        )}
      </header>
      {steps.length > 1 && (
        <ol className="load-steps">
          {steps.map(({ name, state }) => (
            <li key={name} data-state={state} aria-current={state === "now" ? "step" : undefined}>
              {state === "done" && <Icon name="check" />} {name}
            </li>
          ))}
        </ol>
      )}
      <ProgressBar label={`Loading ${request.name}`} done={done} text={text} active />
      <p className="load-text">{text}</p>
      {files.length > 0 && <FileList files={files} />}
      {cancellable && serving !== null && (
        <p className="models-hint">
          {serving} stays in use until the new model is ready to take its place on the GPU.
          {request.choice.kind === "hub" && " Cancel keeps what has come: loading goes on from there."}
        </p>
      )}
    </section>
  );
}

/** Brings a part into view as it appears, with the focus: the button that led here may be gone. */
function reveal(section: HTMLElement | null) {
  section?.focus();
}

const words = { waiting: "waiting", loading: "", checking: "checking", done: "done" } as const;

function FileList({ files }: { readonly files: readonly FileProgress[] }) {
  const ready = files.filter(({ status }) => status === "done").length;
  return (
    <details className="load-files" open>
      <summary>
        Files · {ready} of {files.length}
      </summary>
      <ul>
        {files.map(({ path, loadedBytes, totalBytes, status }) => (
          <li key={path} data-status={status}>
            <span className="load-path">{path}</span>
            <span>
              {words[status]}
              {status === "loading" && `${formatBytes(loadedBytes)} of `}{" "}
              {totalBytes === null ? "" : formatBytes(totalBytes)}
            </span>
            <span
              className="load-file-bar"
              style={{ inlineSize: `${(totalBytes ? loadedBytes / totalBytes : 0) * 100}%` }}
            />
          </li>
        ))}
      </ul>
    </details>
  );
}

type LoadEndedProps = {
  readonly change: Exclude<ModelChange, { status: "loading" }>;
  readonly onResume: () => void;
  readonly onDismiss: () => void;
};

/** A load that was stopped or failed, and how to go on. */
export function LoadEnded({ change, onResume, onDismiss }: LoadEndedProps) {
  const { request } = change;
  const buttons = (
    <>
      <button type="button" className="button button-small" onClick={onResume}>
        <Icon name="again" /> {change.status === "failed" ? "Retry" : "Go on"}
      </button>
      <button type="button" className="button button-small button-ghost" onClick={onDismiss}>
        Dismiss
      </button>
    </>
  );
  if (change.status === "failed")
    return (
      <section ref={reveal} tabIndex={-1} className="load" aria-label={`${request.name} was not loaded`}>
        <h3>{request.name} was not loaded</h3>
        <ErrorNote error={change.error}>{buttons}</ErrorNote>
      </section>
    );
  const bytes = change.progress?.stage === "download" ? change.progress.loadedBytes : 0;
  const kept =
    bytes > 0
      ? `${formatBytes(bytes)} are here and are kept: loading goes on from there.`
      : "What was done is kept where it can be: loading goes on from there.";
  return (
    <section ref={reveal} tabIndex={-1} className="load" aria-label={`Loading ${request.name} was stopped`}>
      <h3>Loading {request.name} was stopped</h3>
      <div className="note note-plain" role="status">
        <Icon name="info" />
        <p>{kept}</p>
        <div className="note-actions">{buttons}</div>
      </div>
    </section>
  );
}
