import { type ErrorData, toAuroraError } from "../../errors.ts";
import type { Library, LoadProgress, ModelChoice, SideOffer, SidePurpose } from "../../library/types.ts";
import { createStore, type Store } from "../parts/store.ts";
import type { RememberedModel } from "./remembered-model.ts";

/** A model beside the assistant, on its way from a name to use. */
export type SideModelState<Info> =
  | { readonly status: "none" }
  | { readonly status: "looking"; readonly choice: ModelChoice }
  | { readonly status: "offered"; readonly choice: ModelChoice; readonly offer: SideOffer }
  | { readonly status: "loading"; readonly choice: ModelChoice; readonly progress: LoadProgress | null }
  | { readonly status: "ready"; readonly info: Info }
  | { readonly status: "failed"; readonly choice: ModelChoice; readonly error: ErrorData };

type SideInfo = { readonly name: string; readonly storedKey: string | null };

/** Such a model of the page. No call rejects: what fails shows in the snapshot. */
export type SideModel<Info extends SideInfo = SideInfo> = Store<SideModelState<Info>> & {
  /** Finds out what a model is and how large, which asks Hugging Face where it lies there. */
  look(choice: ModelChoice): Promise<void>;
  /** Downloads the model where it is not stored, and uses it from then on, on later visits too. */
  load(choice: ModelChoice): Promise<void>;
  /** Ends looking or loading; what has come of a download is kept. */
  cancel(): void;
  /** Uses none any more. It stays stored. */
  close(): void;
  /** Lets go of a stored model that is to be deleted; without a key, of any. */
  letGo(key?: string): void;
};

type SideModelOptions<Info> = {
  readonly purpose: SidePurpose;
  readonly library: Pick<Library, "inspectSide" | "list">;
  /** Where the stored model's key outlives the page. */
  readonly remembered: RememberedModel;
  /** What to call it in a sentence, e.g. `search model`. */
  readonly words: string;
  /** Opens a model; null where nothing can use one now. */
  open(
    choice: ModelChoice,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: LoadProgress) => void },
  ): Promise<Info> | null;
  /** Ends the use of what was opened. */
  onClose(): void;
};

/** A model of one purpose; `reopen` uses the one of the last visit again. */
export function createSideModel<Info extends SideInfo>({
  purpose,
  library,
  remembered,
  words,
  open,
  onClose,
}: SideModelOptions<Info>): SideModel<Info> & { reset(): void; reopen(): Promise<void> } {
  const store = createStore<SideModelState<Info>>({ status: "none" });
  let running: AbortController | null = null;

  function begin(): AbortSignal {
    running?.abort();
    running = new AbortController();
    return running.signal;
  }

  function fail(choice: ModelChoice, error: unknown, message: string): void {
    store.set({ status: "failed", choice, error: toAuroraError(error, "Unexpected", message).toData() });
  }

  async function look(choice: ModelChoice): Promise<void> {
    const signal = begin();
    store.set({ status: "looking", choice });
    try {
      const offer = await library.inspectSide(purpose, choice, signal);
      if (!signal.aborted) store.set({ status: "offered", choice, offer });
    } catch (error) {
      if (!signal.aborted) fail(choice, error, `The ${words} could not be looked at. Choose another one.`);
    }
  }

  async function load(choice: ModelChoice): Promise<void> {
    const signal = begin();
    const onProgress = (progress: LoadProgress) => {
      if (!signal.aborted) store.set({ status: "loading", choice, progress });
    };
    try {
      const opening = open(choice, { signal, onProgress });
      if (!opening) return;
      store.set({ status: "loading", choice, progress: null });
      const info = await opening;
      if (signal.aborted) return onClose(); // it was there before the word to stop came
      remembered.write(info.storedKey);
      store.set({ status: "ready", info });
    } catch (error) {
      if (!signal.aborted) fail(choice, error, `The ${words} could not be opened. Try again.`);
    }
  }

  function reset(): void {
    running?.abort();
    store.set({ status: "none" });
  }

  function close(): void {
    running?.abort();
    onClose();
    remembered.write(null);
    store.set({ status: "none" });
  }

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    look,
    load,
    cancel: reset,
    reset,
    async reopen() {
      const key = remembered.read();
      if (!key) return;
      const stored = await library.list().catch(() => []);
      if (stored.some((each) => each.key === key) && store.snapshot.status === "none")
        await load({ kind: "stored", key });
    },
    close,
    letGo(key) {
      const now = store.snapshot;
      if (now.status === "ready" && (key === undefined || key === now.info.storedKey)) close();
    },
  };
}
