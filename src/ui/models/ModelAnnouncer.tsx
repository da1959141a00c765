import { useSnapshot } from "../parts/use-snapshot.ts";
import { currentLoad } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";

/** Tells screen readers, every tenth of the way, how a model comes along. Nothing that a dialog covers is read out: it has its own. */
export function ModelAnnouncer({ slot }: { readonly slot: ModelSlot }) {
  const words = useSnapshot(slot, spoken);
  return (
    <p className="visually-hidden" aria-live="polite">
      {words}
    </p>
  );
}

function spoken(now: ModelSlot["snapshot"]): string {
  const load = currentLoad(now);
  const { model, change } = now;
  if (load) return load.spoken;
  if (change?.status === "failed") return `${change.request.name} was not loaded. ${change.error.message}`;
  if (change?.status === "stopped") return `Loading ${change.request.name} was stopped.`;
  return model.status === "ready" ? `${model.assistant.model.name} is in use.` : "";
}
