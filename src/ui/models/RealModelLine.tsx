import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { offerSentence, type RealModelOffer } from "./real-model-offer.ts";

type RealModelLineProps = { readonly offer: RealModelOffer; readonly onShow: (id: string) => void };

/** One line beside nano: which model for real footage this GPU holds, with its size and time. */
export function RealModelLine({ offer, onShow }: RealModelLineProps) {
  const preset = useSnapshot(offer);
  if (!preset) return null;
  const { id, name } = preset;
  return (
    <p className="real-model">
      <span>{offerSentence(preset)}</span>
      <button type="button" className="button button-small" aria-label={`Show ${name}`} onClick={() => onShow(id)}>
        <Icon name="models" /> Show
      </button>
      <button type="button" className="button button-small button-ghost" onClick={offer.refuse}>
        Not now
      </button>
    </p>
  );
}
