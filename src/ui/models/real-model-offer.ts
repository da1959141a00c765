import type { Library } from "../../library/types.ts";
import { formatBytes, formatDuration } from "../parts/format.ts";
import { createStore, type Store } from "../parts/store.ts";
import { bestPreset, nano, type Preset, sameChoice } from "./model-catalog.ts";
import type { ModelSlot } from "./model-slot.ts";

/** A model for real footage that this GPU is likely to hold, to be named beside nano; null where there is nothing to say. */
export type RealModelOffer = Store<Preset | null> & {
  /** The person does not want it now: it is not named again. */
  refuse(): void;
};

/** Bytes a second by which a download's time is told before it begins: 100 Mbit/s. */
const usualRate = 12_500_000;

/** What is offered, with its size and time. */
export function offerSentence({ name, downloadBytes }: Pick<Preset, "name" | "downloadBytes">): string {
  const time = formatDuration(Math.max(60, Math.round(downloadBytes / usualRate / 60) * 60));
  return `This GPU holds ${name}, for real footage: ${formatBytes(downloadBytes)}, about ${time} at 100 Mbit/s.`;
}

/** Whether the person refused. */
export type OfferMemory = { refused(): boolean; refuse(): void };

/** The offer on a page with this slot. The GPU is asked once nano is in use. */
export function createRealModelOffer(
  slot: ModelSlot,
  library: Pick<Library, "capacity">,
  memory: OfferMemory,
): RealModelOffer {
  const store = createStore<Preset | null>(null);
  let budget: Promise<number> | null = null;

  /** Whether nano is in use, and nothing else on its way. */
  function isTime(): boolean {
    const { model, change, request } = slot.snapshot;
    return model.status === "ready" && change === null && sameChoice(request.choice, nano.choice) && !memory.refused();
  }

  async function follow() {
    if (!isTime()) return store.snapshot && store.set(null);
    budget ??= library.capacity().then(
      ({ bytes, software }) => (software ? 0 : bytes),
      () => 0,
    );
    const found = bestPreset(await budget);
    if (isTime() && found !== store.snapshot) store.set(found);
  }

  slot.subscribe(() => void follow());
  void follow();
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    refuse() {
      memory.refuse();
      store.set(null);
    },
  };
}

const name = "aurora.offer-refused";

/** In the browser's local storage; where that is refused, until the page is closed. */
export function rememberRefusal(): OfferMemory {
  let refused = false;
  return {
    refused() {
      try {
        return refused || localStorage.getItem(name) !== null;
      } catch {
        return refused;
      }
    },
    refuse() {
      refused = true;
      try {
        localStorage.setItem(name, "yes");
      } catch {
        // It is offered again with the next visit.
      }
    },
  };
}
