import { formatBytes, formatParameters } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { filesCandidate, hubCandidate } from "./candidate.ts";
import { HubForm } from "./HubForm.tsx";
import { formatHubId } from "./hub-id.ts";
import { LocalForm } from "./LocalForm.tsx";
import { ModelCard } from "./ModelCard.tsx";
import { type Preset, presets, sameChoice } from "./model-catalog.ts";
import type { ModelRequest, ModelSlot } from "./model-slot.ts";
import type { Models } from "./models.ts";

type ModelChoicesProps = {
  readonly models: Models;
  readonly slot: ModelSlot;
  /** Whether a model is being loaded. */
  readonly busy: boolean;
};

/** The models that the page offers by name, and the ways to name another. */
export function ModelChoices({ models, slot, busy }: ModelChoicesProps) {
  const { candidates, shelf } = useSnapshot(models);
  const used = useSnapshot(slot, ({ model, request }) => (model.status === "ready" ? request : null));
  const hub = candidates.find(({ id }) => id === hubCandidate);

  function card(id: string, preset: Preset | null) {
    const candidate = candidates.find((each) => each.id === id);
    if (!candidate) return null;
    const about = preset && <p>{preset.about}</p>;
    const estimate = preset && <Estimate preset={preset} />;
    return <ModelCard key={id} {...{ candidate, shelf, models, used, busy, about, estimate }} />;
  }

  return (
    <section aria-labelledby="choices-title">
      <h3 id="choices-title">Choose a model</h3>
      <ul className="model-cards">
        {presets.map((preset) => {
          if (preset.choice.kind === "hub") return card(preset.id, preset);
          return (
            <OwnCard key={preset.id} preset={preset} used={used} busy={busy} onOpen={() => void models.useNano()} />
          );
        })}
      </ul>
      <p className="models-hint">
        Looking a model up asks huggingface.co for its list of files and reads their headers. Nothing is downloaded
        before you press Load, and nothing is ever uploaded.
      </p>
      <div className="other-models">
        <HubForm initial={hub?.choice.kind === "hub" ? formatHubId(hub.choice) : ""} onLookUp={models.lookAtHub} />
        <LocalForm onPick={models.lookAtFiles} />
      </div>
      <ul className="model-cards">
        {card(hubCandidate, null)}
        {card(filesCandidate, null)}
      </ul>
    </section>
  );
}

function Estimate({ preset }: { readonly preset: Preset }) {
  const { license, parameters, downloadBytes, choice } = preset;
  const approximate = choice.kind === "hub" ? "about " : "";
  return (
    <p className="model-card-facts">
      {approximate}
      {formatParameters(parameters)} parameters · {approximate}
      {formatBytes(downloadBytes)} · {license}
    </p>
  );
}

type OwnCardProps = {
  readonly preset: Preset;
  readonly used: ModelRequest | null;
  readonly busy: boolean;
  readonly onOpen: () => void;
};

/** The model that comes with the page. */
function OwnCard({ preset, used, busy, onOpen }: OwnCardProps) {
  return (
    <li className="model-card">
      <header>
        <div>
          <h4>{preset.name}</h4>
          <p>{preset.about}</p>
          <Estimate preset={preset} />
        </div>
        <div className="model-card-actions">
          {used && sameChoice(used.choice, preset.choice) ? (
            <span className="model-ready">
              <Icon name="check" /> In use
            </span>
          ) : (
            <button
              type="button"
              className="button button-small"
              aria-label={`Open ${preset.name}`}
              disabled={busy}
              onClick={onOpen}
            >
              Open
            </button>
          )}
        </div>
      </header>
    </li>
  );
}
