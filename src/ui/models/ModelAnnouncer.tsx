import type { ModelLoad } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";

type ModelAnnouncerProps = {
  readonly state: ModelSlot["snapshot"];
  /** What is being loaded; null when nothing is. */
  readonly load: ModelLoad | null;
};

/** Tells screen readers, every tenth of the way, how a model comes along. Nothing that a dialog covers is read out: it has its own. */
export function ModelAnnouncer({ state, load }: ModelAnnouncerProps) {
  return (
    <p className="visually-hidden" aria-live="polite">
      {spoken(state, load)}
    </p>
  );
}

function spoken({ model, change }: ModelSlot["snapshot"], load: ModelLoad | null): string {
  if (load) return load.spoken;
  if (change?.status === "failed") return `${change.request.name} was not loaded. ${change.error.message}`;
  if (change?.status === "stopped") return `Loading ${change.request.name} was stopped.`;
  return model.status === "ready" ? `${model.assistant.model.name} is in use.` : "";
}
