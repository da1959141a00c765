import { useEffect } from "react";
import { formatBytes } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { type Preset, presets } from "./model-catalog.ts";
import { currentLoad } from "./model-load.ts";
import type { ModelSlot } from "./model-slot.ts";
import type { Models } from "./models.ts";

type RealModelsProps = { readonly models: Models; readonly slot: ModelSlot };

const real = presets.filter(({ choice }) => choice.kind === "hub");

/** Beside an answer of nano about a person's own footage: what nano is, and the models that were trained on real pictures. */
export function RealModels({ models, slot }: RealModelsProps) {
  const capacity = useSnapshot(models, ({ capacityBytes }) => capacityBytes);
  const load = useSnapshot(slot, currentLoad, (a, b) => a?.text === b?.text);
  useEffect(() => void models.measure(), [models]);
  return (
    <section className="real-models" aria-label="Models for real footage">
      <p>
        <b className="real-models-lead">nano knows drawings</b> of some fifty things, and guesses on real footage such
        as this. These models were trained on real pictures; your video is watched anew by itself once one is there.
      </p>
      {load?.cancellable ? (
        <p role="status">{load.text}</p>
      ) : (
        <ul className="real-models-offers">
          {real.map((preset) => (
            <li key={preset.id} className="real-models-offer">
              <button type="button" className="button button-small" onClick={() => void models.lookAndLoad(preset.id)}>
                <Icon name="download" /> Load {preset.name} · about {formatBytes(preset.downloadBytes)}
              </button>
              <small>{holds(preset, capacity)}</small>
            </li>
          ))}
        </ul>
      )}
      <p className="real-models-facts">
        {capacity !== null && capacity > 0 && <>This graphics adapter can hold about {formatBytes(capacity)}. </>}
        Downloaded once from huggingface.co; nothing is uploaded.{" "}
        <button type="button" className="link" onClick={models.open}>
          All models
        </button>
      </p>
    </section>
  );
}

/** Whether an adapter is likely to hold a model, and in which form. */
function holds({ gpuBytes }: Preset, capacity: number | null): string {
  if (capacity === null) return "";
  const fitting = gpuBytes.find(([, bytes]) => bytes <= capacity);
  if (fitting) return `fits as ${fitting[0]}: about ${formatBytes(fitting[1])} of GPU memory`;
  const least = gpuBytes.at(-1)?.[1] ?? 0;
  return `needs about ${formatBytes(least)} of GPU memory, likely more than there is`;
}
