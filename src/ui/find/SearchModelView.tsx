import { type ReactNode, useState } from "react";
import type { SessionSnapshot } from "../../session/types.ts";
import { parseHubId } from "../models/hub-id.ts";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes } from "../parts/format.ts";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { SearchModelState, SearchModelStore } from "./search-model.ts";

type SearchModelViewProps = { readonly model: SearchModelStore; readonly watch: Store<SessionSnapshot> };

/** Models that are known to do: what they understand and how much is to be downloaded. */
const known = [
  { id: "google/siglip-base-patch16-224", words: "SigLIP · English · 0.8 GB" },
  { id: "google/siglip2-base-patch16-224", words: "SigLIP 2 · many languages · 1.5 GB" },
] as const;

/** Whether pictures are found too, by which model, and how to get one. Until a button is pressed nobody is asked for anything. */
export function SearchModelView({ model, watch }: SearchModelViewProps) {
  const now = useSnapshot(model);
  const [choosing, setChoosing] = useState(false);
  switch (now.status) {
    case "none":
      if (choosing) return <Choices model={model} onClose={() => setChoosing(false)} />;
      return (
        <p className="find-model">
          <button type="button" className="button button-small button-ghost" onClick={() => setChoosing(true)}>
            Find what was seen, too
          </button>
        </p>
      );
    case "looking":
      return <Line words="Looking the model up …" action={cancel(model)} />;
    case "offered":
      return <Offer model={model} now={now} />;
    case "loading":
      return <Loading model={model} now={now} />;
    case "ready":
      return <Ready model={model} now={now} watch={watch} />;
    case "failed":
      return (
        <ErrorNote error={now.error}>
          <button type="button" className="button button-small" onClick={() => void model.look(now.choice)}>
            Try again
          </button>
          {cancel(model, "Dismiss")}
        </ErrorNote>
      );
  }
}

function Choices({ model, onClose }: { readonly model: SearchModelStore; readonly onClose: () => void }) {
  const [text, setText] = useState<string>(known[0].id);
  const choice = parseHubId(text);
  return (
    <form
      className="find-choices"
      aria-label="Model for what was seen"
      onSubmit={(event) => {
        event.preventDefault();
        if (choice) void model.look(choice);
      }}
    >
      <p>A SigLIP tells how well a text fits a picture. It is downloaded from Hugging Face and kept in this browser.</p>
      {known.map(({ id, words }) => (
        <label key={id}>
          <input type="radio" name="search-model" checked={text === id} onChange={() => setText(id)} /> {words}
        </label>
      ))}
      <div className="find-choices-row">
        <input
          type="text"
          className="field"
          aria-label="Search model on Hugging Face"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={text}
          aria-invalid={choice === null || undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" className="button button-small" disabled={choice === null}>
          Look up
        </button>
        <button type="button" className="button button-small button-ghost" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

type At<S extends SearchModelState["status"]> = Extract<SearchModelState, { readonly status: S }>;

function Offer({ model, now }: { readonly model: SearchModelStore; readonly now: At<"offered"> }) {
  const { name, license, byteLength, downloadBytes, freeDiskBytes } = now.offer;
  const free = freeDiskBytes === null ? "" : ` · ${formatBytes(freeDiskBytes)} free`;
  return (
    <Line
      words={
        <>
          <b>{name}</b> · {license} · {formatBytes(byteLength)}
          {downloadBytes > 0 ? free : " · stored in this browser"}
        </>
      }
      action={
        <>
          <button type="button" className="button button-small" onClick={() => void model.load(now.choice)}>
            {downloadBytes > 0 ? `Download ${formatBytes(downloadBytes)}` : "Use"}
          </button>
          {cancel(model)}
        </>
      }
    />
  );
}

function Loading({ model, now }: { readonly model: SearchModelStore; readonly now: At<"loading"> }) {
  const { stage = "gpu", loadedBytes = 0, totalBytes = null } = now.progress ?? {};
  const downloading = stage === "download" && totalBytes !== null;
  const words = downloading
    ? `${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}`
    : "Preparing the search model …";
  return (
    <div className="find-model">
      <ProgressBar
        label="Loading the search model"
        done={downloading ? loadedBytes / Math.max(1, totalBytes) : null}
        text={words}
        active
      />
      <Line words={words} action={cancel(model)} />
    </div>
  );
}

function Ready({ model, now, watch }: SearchModelViewProps & { readonly now: At<"ready"> }) {
  const found = useSnapshot(watch, ({ seen }) => seen.frames);
  const watched = useSnapshot(watch, ({ framesWatched }) => framesWatched);
  return (
    <Line
      words={
        <>
          Pictures are found by <b>{now.info.name}</b> · {found} of {watched} frames
        </>
      }
      action={
        <button type="button" className="button button-small button-ghost" onClick={model.close}>
          Stop
        </button>
      }
    />
  );
}

function Line({ words, action }: { readonly words: ReactNode; readonly action: ReactNode }) {
  return (
    <div className="find-model-line">
      <span>{words}</span>
      {action}
    </div>
  );
}

function cancel(model: SearchModelStore, words = "Cancel") {
  return (
    <button type="button" className="button button-small button-ghost" onClick={model.cancel}>
      {words}
    </button>
  );
}
