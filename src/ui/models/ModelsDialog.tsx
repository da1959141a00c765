import { useEffect, useRef } from "react";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { formatBytes, formatParameters } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { LoadEnded, LoadPanel } from "./LoadPanel.tsx";
import { ModelAnnouncer } from "./ModelAnnouncer.tsx";
import { ModelCheckView } from "./ModelCheckView.tsx";
import { ModelChoices } from "./ModelChoices.tsx";
import { ModelNotices } from "./ModelStatus.tsx";
import type { ModelCheck } from "./model-check.ts";
import { currentLoad, isLoading } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";
import type { Models } from "./models.ts";
import { ShelfView } from "./ShelfView.tsx";
import "./models.css";

type ModelsDialogProps = { readonly models: Models; readonly slot: ModelSlot; readonly check: ModelCheck };

/**
 * The dialog in which models are chosen, loaded and deleted; closed, only what is said of a model on its way is left of it.
 * Opening it asks nothing of any server.
 */
export function ModelsDialog({ models, slot, check }: ModelsDialogProps) {
  const open = useSnapshot(models, (now) => now.open);
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open) dialog.current?.close();
  }, [open]);

  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it; by key, Escape does. */}
      <dialog
        ref={dialog}
        className="models"
        aria-labelledby="models-title"
        onClose={models.close}
        onClick={(event) => {
          if (event.target === event.currentTarget) models.close();
        }}
      >
        {open && <Body models={models} slot={slot} check={check} />}
      </dialog>
      {!open && <ModelAnnouncer slot={slot} />}
    </>
  );
}

function Body({ models, slot, check }: ModelsDialogProps) {
  const proposed = useSnapshot(models, (now) => now.proposed);
  const busy = useSnapshot(slot, isLoading);
  return (
    <div className="models-body">
      <header className="models-head">
        <h2 id="models-title">Models</h2>
        <button type="button" className="button button-ghost" aria-label="Close" onClick={models.close}>
          <Icon name="close" />
        </button>
      </header>
      {proposed !== null && !busy && (
        <p className="note note-plain">
          <Icon name="info" />
          This page’s address asks for {proposed}, which is not stored in this browser. Look it up below to load it.
        </p>
      )}
      <ModelAnnouncer slot={slot} />
      <Loading models={models} slot={slot} />
      <InUse slot={slot} check={check} />
      <ModelChoices models={models} slot={slot} busy={busy} />
      <Shelf models={models} slot={slot} busy={busy} />
    </div>
  );
}

function Loading({ models, slot }: Omit<ModelsDialogProps, "check">) {
  const now = useSnapshot(slot);
  const { change, model } = now;
  const load = currentLoad(now);
  const serving = model.status === "ready" ? model.assistant.model.name : null;
  if (load) return <LoadPanel load={load} serving={serving} onCancel={slot.cancelSwitch} />;
  if (!change || change.status === "loading") return null;
  return (
    <LoadEnded change={change} onResume={() => void models.resume(change.request)} onDismiss={slot.dismissSwitch} />
  );
}

function InUse({ slot, check }: Pick<ModelsDialogProps, "slot" | "check">) {
  const model = useSnapshot(slot, (now) => now.model);
  const request = useSnapshot(slot, (now) => now.request);
  if (model.status === "loading") return null;
  if (model.status === "failed")
    return (
      <section aria-label="In use">
        <h3>{request.name} is not in use</h3>
        <ErrorNote error={model.error} />
      </section>
    );
  const { name, license, parameters, bytes, quantization, notices, sees, storedKey } = model.assistant.model;
  return (
    <section className="in-use" aria-label="In use">
      <p>
        <span className="model-ready">
          <Icon name="check" /> In use
        </span>{" "}
        <b>{name}</b> · {quantization} · {formatParameters(parameters)} parameters · {formatBytes(bytes)} · {license}
        {!sees && " · for text only"}
      </p>
      <ModelNotices notices={notices} />
      <ModelCheckView check={check} keeps={storedKey !== null} />
    </section>
  );
}

function Shelf({ models, slot, busy }: Omit<ModelsDialogProps, "check"> & { readonly busy: boolean }) {
  const { shelf, error } = useSnapshot(models);
  const usedKey = useSnapshot(slot, storedKeyInUse);
  return (
    <>
      {error && <ErrorNote error={error} />}
      {shelf && (
        <ShelfView
          shelf={shelf}
          usedKey={usedKey}
          busy={busy}
          onOpen={(stored) => void models.openStored(stored)}
          onRemove={(key) => void models.remove(key)}
        />
      )}
    </>
  );
}

function storedKeyInUse({ model, request: { choice } }: ModelSlot["snapshot"]): string | null {
  return model.status === "ready" && choice.kind === "stored" ? choice.key : null;
}
