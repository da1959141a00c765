import { useEffect, useRef } from "react";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes, formatParameters } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { LoadEnded, LoadPanel } from "./LoadPanel.tsx";
import { ModelAnnouncer } from "./ModelAnnouncer.tsx";
import { ModelChoices } from "./ModelChoices.tsx";
import { ModelNotices } from "./ModelStatus.tsx";
import type { ModelLoad } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";
import type { Models } from "./models.ts";
import { ShelfView } from "./ShelfView.tsx";

type ModelsDialogProps = {
  readonly models: Models;
  readonly slot: ModelSlot;
  /** What is being loaded; null when nothing is. */
  readonly load: ModelLoad | null;
};

/** The dialog in which models are chosen, loaded and deleted. Opening it asks nothing of any server. */
export function ModelsDialog({ models, slot, load }: ModelsDialogProps) {
  const { open, proposed } = useSnapshot(models);
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open) dialog.current?.close();
  }, [open]);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it; by key, Escape does.
    <dialog
      ref={dialog}
      className="models"
      aria-labelledby="models-title"
      onClose={models.close}
      onClick={(event) => {
        if (event.target === event.currentTarget) models.close();
      }}
    >
      {open && (
        <div className="models-body">
          <header className="models-head">
            <h2 id="models-title">Models</h2>
            <button type="button" className="button button-ghost" aria-label="Close" onClick={models.close}>
              <Icon name="close" />
            </button>
          </header>
          {proposed !== null && load === null && (
            <p className="note note-plain">
              <Icon name="info" />
              This page’s address asks for {proposed}, which is not stored in this browser. Look it up below to load it.
            </p>
          )}
          <ModelAnnouncer state={slot.snapshot} load={load} />
          <Loading models={models} slot={slot} load={load} />
          <InUse slot={slot} />
          <ModelChoices models={models} slot={slot} busy={load !== null} />
          <Shelf models={models} slot={slot} busy={load !== null} />
        </div>
      )}
    </dialog>
  );
}

function Loading({ models, slot, load }: ModelsDialogProps) {
  const { change, model } = useSnapshot(slot);
  const serving = model.status === "ready" ? model.assistant.model.name : null;
  if (load) return <LoadPanel load={load} serving={serving} onCancel={slot.cancelSwitch} />;
  if (!change || change.status === "loading") return null;
  return (
    <LoadEnded change={change} onResume={() => void models.resume(change.request)} onDismiss={slot.dismissSwitch} />
  );
}

function InUse({ slot }: Pick<ModelsDialogProps, "slot">) {
  const { model, request } = useSnapshot(slot);
  if (model.status === "loading") return null;
  if (model.status === "failed")
    return (
      <section aria-label="In use">
        <h3>{request.name} is not in use</h3>
        <ErrorNote error={model.error} />
      </section>
    );
  const { name, license, parameters, bytes, quantization, notices } = model.assistant.model;
  return (
    <section className="in-use" aria-label="In use">
      <p>
        <span className="model-ready">
          <Icon name="check" /> In use
        </span>{" "}
        <b>{name}</b> · {quantization} · {formatParameters(parameters)} parameters · {formatBytes(bytes)} · {license}
      </p>
      <ModelNotices notices={notices} />
    </section>
  );
}

function Shelf({ models, slot, busy }: Omit<ModelsDialogProps, "load"> & { readonly busy: boolean }) {
  const { shelf, error } = useSnapshot(models);
  const { model, request } = useSnapshot(slot);
  const { choice } = request;
  return (
    <>
      {error && <ErrorNote error={error} />}
      {shelf && (
        <ShelfView
          shelf={shelf}
          usedKey={model.status === "ready" && choice.kind === "stored" ? choice.key : null}
          busy={busy}
          onOpen={(stored) => void models.openStored(stored)}
          onRemove={(key) => void models.remove(key)}
        />
      )}
    </>
  );
}
