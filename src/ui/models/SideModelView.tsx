import { type ReactNode, useState } from "react";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes } from "../parts/format.ts";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { parseHubId } from "./hub-id.ts";
import type { SideModel, SideModelState } from "./side-model.ts";
import "./side-model.css";

/** What to call a model of a purpose, and what to propose. */
export type SideModelWords = {
  /** E.g. `search model`. */
  readonly name: string;
  /** The button with which choosing begins, and what it is about. */
  readonly begin: string;
  readonly choose: string;
  readonly about: string;
  /** Models that are known to do: what they understand and how much is to be downloaded. */
  readonly known: readonly { readonly id: string; readonly words: string }[];
};

type SideModelViewProps = {
  readonly model: SideModel;
  readonly words: SideModelWords;
  /** What is said of the model in use. */
  readonly ready: (name: string) => ReactNode;
};

/** Which model does something beside the assistant, and how to get one. Until a button is pressed nobody is asked for anything. */
export function SideModelView({ model, words, ready }: SideModelViewProps) {
  const now = useSnapshot(model);
  const [choosing, setChoosing] = useState(false);
  switch (now.status) {
    case "none":
      if (choosing) return <Choices model={model} words={words} onClose={() => setChoosing(false)} />;
      return (
        <p className="side-model">
          <button type="button" className="button button-small button-ghost" onClick={() => setChoosing(true)}>
            {words.begin}
          </button>
        </p>
      );
    case "looking":
      return <Line words="Looking the model up …" action={cancel(model)} />;
    case "offered":
      return <Offer model={model} now={now} />;
    case "loading":
      return <Loading model={model} now={now} name={words.name} />;
    case "ready":
      return (
        <Line
          words={ready(now.info.name)}
          action={
            <button
              type="button"
              className="button button-small button-ghost"
              onClick={() => {
                setChoosing(false);
                model.close();
              }}
            >
              Stop
            </button>
          }
        />
      );
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

type ChoicesProps = Pick<SideModelViewProps, "model" | "words"> & { readonly onClose: () => void };

function Choices({ model, words: { name, choose, about, known }, onClose }: ChoicesProps) {
  const [text, setText] = useState<string>(known[0]?.id ?? "");
  const choice = parseHubId(text);
  return (
    <form
      className="side-choices"
      aria-label={choose}
      onSubmit={(event) => {
        event.preventDefault();
        if (choice) void model.look(choice);
      }}
    >
      <p>{about} It is downloaded from Hugging Face and kept in this browser.</p>
      {known.map(({ id, words }) => (
        <label key={id}>
          <input type="radio" name={name} checked={text === id} onChange={() => setText(id)} /> {words}
        </label>
      ))}
      <div className="side-choices-row">
        <input
          type="text"
          className="field"
          aria-label={`${name.charAt(0).toUpperCase()}${name.slice(1)} on Hugging Face`}
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

type At<S extends SideModelState<unknown>["status"]> = Extract<
  SideModelState<{ readonly name: string; readonly storedKey: string | null }>,
  { readonly status: S }
>;

function Offer({ model, now }: { readonly model: SideModel; readonly now: At<"offered"> }) {
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

function Loading({
  model,
  now,
  name,
}: {
  readonly model: SideModel;
  readonly now: At<"loading">;
  readonly name: string;
}) {
  const { stage = "gpu", loadedBytes = 0, totalBytes = null } = now.progress ?? {};
  const downloading = stage === "download" && totalBytes !== null;
  const words = downloading ? `${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}` : `Preparing the ${name} …`;
  return (
    <div className="side-model">
      <ProgressBar
        label={`Loading the ${name}`}
        done={downloading ? loadedBytes / Math.max(1, totalBytes) : null}
        text={words}
        active
      />
      <Line words={words} action={cancel(model)} />
    </div>
  );
}

function Line({ words, action }: { readonly words: ReactNode; readonly action: ReactNode }) {
  return (
    <div className="side-model-line">
      <span>{words}</span>
      {action}
    </div>
  );
}

function cancel(model: SideModel, words = "Cancel") {
  return (
    <button type="button" className="button button-small button-ghost" onClick={model.cancel}>
      {words}
    </button>
  );
}
