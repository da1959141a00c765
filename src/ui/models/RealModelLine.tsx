import { formatBytes, formatDuration } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { RealModelOffer } from "./real-model-offer.ts";

/** Bytes a second by which a download's time is told before it begins: 100 Mbit/s. */
const usualRate = 12_500_000;

type RealModelLineProps = { readonly offer: RealModelOffer; readonly onShow: (id: string) => void };

/** One line beside nano: which model for real footage this GPU holds, with its size and time. */
export function RealModelLine({ offer, onShow }: RealModelLineProps) {
  const preset = useSnapshot(offer);
  if (!preset) return null;
  const { id, name, downloadBytes } = preset;
  const time = formatDuration(Math.max(60, Math.round(downloadBytes / usualRate / 60) * 60));
  return (
    <p className="real-model">
      <span>
        This GPU holds {name}, for real footage: {formatBytes(downloadBytes)}, about {time} at 100 Mbit/s.
      </span>
      <button type="button" className="button button-small" aria-label={`Show ${name}`} onClick={() => onShow(id)}>
        <Icon name="models" /> Show
      </button>
      <button type="button" className="button button-small button-ghost" onClick={offer.refuse}>
        Not now
      </button>
    </p>
  );
}
