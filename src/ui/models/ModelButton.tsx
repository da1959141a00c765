import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { currentLoad } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";

type ModelButtonProps = { readonly slot: ModelSlot; readonly onPress: () => void };

/** The name of the model in use, how far another one has come, and the way to choose. */
export function ModelButton({ slot, onPress }: ModelButtonProps) {
  const now = useSnapshot(slot);
  const { model, change, request } = now;
  const load = currentLoad(now);
  const name = model.status === "ready" ? model.assistant.model.name : request.name;
  const trouble = change?.status === "failed";
  const percent = load?.cancellable && load.done !== null ? `${Math.floor(load.done * 100)} %` : null;
  return (
    <button
      type="button"
      className="button button-ghost model-button"
      aria-haspopup="dialog"
      aria-label={`Model: ${name}${load?.cancellable ? ", another is loading" : trouble ? ", another failed to load" : ""}`}
      title="Choose a model"
      onClick={onPress}
    >
      <Icon name={trouble ? "warning" : "models"} />
      <span className="button-words">{name}</span>
      {load?.cancellable && <span className="model-button-load">{percent ?? "…"}</span>}
    </button>
  );
}
