import { useState } from "react";
import type { ModelOffer, Quantization, QuantizationOffer, StoredModel } from "../../library/types.ts";
import { formatBytes, formatParameters } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Shelf } from "./candidate.ts";
import { type DiskOutlook, diskOutlook } from "./disk-outlook.ts";

type ModelOfferViewProps = {
  /** Names the group of radio buttons. */
  readonly id: string;
  readonly offer: ModelOffer;
  /** The chosen form; null when none is. */
  readonly form: Quantization | null;
  /** The stored copy in that form, or null. */
  readonly stored: StoredModel | null;
  /** Bytes that loading it in that form downloads, and needs of the disk on the way. */
  readonly cost: { readonly download: number; readonly disk: number };
  /** What the browser keeps and where; null before it is known. */
  readonly usage: Shelf["usage"] | null;
  /** Whether that very copy is in use. */
  readonly inUse: boolean;
  /** Whether another model is being loaded. */
  readonly busy: boolean;
  readonly onForm: (form: Quantization) => void;
  readonly onLoad: () => void;
};

const storedOutlook: DiskOutlook = {
  sentence: "Stored in this browser: starts without the network.",
  possible: true,
  short: false,
};

const meanings = {
  f16: "as it was trained",
  int8: "half the size, nearly the same answers",
  int4: "smallest, answers may differ",
} as const;

/** What loading a model costs, in each form of its weights, and the button that does it. */
export function ModelOfferView(props: ModelOfferViewProps) {
  const { id, offer, form, stored, cost, usage, inUse, busy, onForm, onLoad } = props;
  const [anyForm, setAnyForm] = useState(false);
  const { options } = offer;
  const outlook = stored ? storedOutlook : diskOutlook(cost.disk, offer.freeDiskBytes, usage);
  return (
    <div className="offer">
      <p className="offer-facts">
        {offer.layout} · {formatParameters(offer.parameters)} parameters · {offer.license}
        {offer.revision && <> · revision {offer.revision.slice(0, 7)}</>}
      </p>
      {!offer.sees && (
        <p className="note note-plain">
          <Icon name="info" /> For text only: it can chat, but not see. Videos wait for a model that sees.
        </p>
      )}
      <fieldset className="forms">
        <legend>Keep its weights as</legend>
        {options.map((option) => (
          <FormTile
            key={option.quantization}
            group={`form-${id}`}
            option={option}
            recommended={option.quantization === offer.recommended}
            checked={option.quantization === form}
            disabled={!option.fits && !anyForm}
            onCheck={() => onForm(option.quantization)}
          />
        ))}
      </fieldset>
      {options.some(({ fits }) => !fits) && !anyForm && (
        <p className="models-hint">
          {offer.recommended === null && "No form of it is likely to fit this graphics adapter. "}
          Browsers do not tell how much memory the adapter has; this is an estimate.{" "}
          <button type="button" className="link" onClick={() => setAnyForm(true)}>
            Let me choose any
          </button>
        </p>
      )}
      <footer>
        <p className={outlook.short ? "offer-disk offer-disk-short" : "offer-disk"}>{outlook.sentence}</p>
        {inUse ? (
          <span className="model-ready">
            <Icon name="check" /> In use
          </span>
        ) : (
          <button
            type="button"
            className="button button-primary"
            disabled={form === null || busy || !outlook.possible}
            onClick={onLoad}
          >
            {stored ? "Open" : cost.download > 0 ? `Load · ${formatBytes(cost.download)}` : "Load"}
          </button>
        )}
      </footer>
    </div>
  );
}

type FormTileProps = {
  readonly group: string;
  readonly option: QuantizationOffer;
  readonly recommended: boolean;
  readonly checked: boolean;
  readonly disabled: boolean;
  readonly onCheck: () => void;
};

function FormTile({ group, option, recommended, checked, disabled, onCheck }: FormTileProps) {
  const { quantization, storedBytes, gpuBytes, fits } = option;
  return (
    <label className="form-tile" data-disabled={disabled || undefined}>
      <input type="radio" name={group} checked={checked} disabled={disabled} onChange={onCheck} />
      <span>
        <b>{quantization}</b> {recommended && <span className="tag tag-accent">recommended</span>}
      </span>
      <span>{meanings[quantization]}</span>
      <span>
        {formatBytes(storedBytes)} kept · {fits ? `about ${formatBytes(gpuBytes)} of GPU memory` : ""}
        {!fits && <em>needs about {formatBytes(gpuBytes)} of GPU memory, likely more than there is</em>}
      </span>
    </label>
  );
}
