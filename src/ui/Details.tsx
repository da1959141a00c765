import { useRef, useState } from "react";
import { type FactGroup, factsAsText, type GpuUsage, listFacts } from "./diagnostics.ts";
import type { ModelSlot } from "./models/model-slot.ts";
import { CopyButton } from "./parts/CopyButton.tsx";
import { Icon } from "./parts/Icon.tsx";
import type { WatchedVideo } from "./watch/watched-video.ts";

type DetailsProps = { readonly slot: ModelSlot; readonly watched: WatchedVideo };

/** A button, and the drawer it opens: what computes, what is loaded and what it costs, to be copied into a bug report. */
export function Details({ slot, watched }: DetailsProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [groups, setGroups] = useState<readonly FactGroup[]>([]);

  async function measure() {
    const { model } = slot.snapshot;
    const { session } = watched.snapshot;
    setGroups(listFacts(model, session, null));
    if (model.status !== "ready") return;
    const usage: GpuUsage | null = await model.assistant.gpuUsage().catch(() => null);
    setGroups(listFacts(model, session, usage));
  }

  function open() {
    dialog.current?.showModal();
    void measure();
  }

  return (
    <>
      <button type="button" className="button button-ghost" onClick={open}>
        <Icon name="info" /> <span className="button-words">Details</span>
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the drawer closes it; by key, Escape does. */}
      <dialog
        ref={dialog}
        className="details"
        aria-labelledby="details-title"
        onClick={(event) => {
          if (event.target === event.currentTarget) dialog.current?.close();
        }}
      >
        <section className="details-body" aria-labelledby="details-title">
          <header>
            <h2 id="details-title">Details</h2>
            <button type="button" className="button button-small" onClick={() => void measure()}>
              <Icon name="again" /> Refresh
            </button>
            <CopyButton text={factsAsText(groups)} name="Copy details" />
            <button
              type="button"
              className="button button-ghost"
              aria-label="Close"
              onClick={() => dialog.current?.close()}
            >
              <Icon name="close" />
            </button>
          </header>
          <FactList groups={groups} />
          <p className="details-privacy">
            The video never leaves this machine. The page loads its own files and the model, and nothing else.
          </p>
        </section>
      </dialog>
    </>
  );
}

function FactList({ groups }: { readonly groups: readonly FactGroup[] }) {
  return groups.map(({ title, facts }) => (
    <section key={title}>
      <h3>{title}</h3>
      <dl>
        {facts.map(([name, value], order) => (
          <div key={order}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  ));
}
