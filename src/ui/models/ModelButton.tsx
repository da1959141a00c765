import { Icon } from "../parts/Icon.tsx";
import type { ModelLoad } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";

type ModelButtonProps = {
  readonly state: ModelSlot["snapshot"];
  /** What is being loaded; null when nothing is. */
  readonly load: ModelLoad | null;
  readonly onPress: () => void;
};

/** The name of the model in use, how far another one has come, and the way to choose. */
export function ModelButton({ state, load, onPress }: ModelButtonProps) {
  const { model, change, request } = state;
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
