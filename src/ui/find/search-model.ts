import { type ErrorData, toAuroraError } from "../../errors.ts";
import type { Library, LoadProgress, ModelChoice, SideOffer } from "../../library/types.ts";
import type { Assistant, SearchModelInfo } from "../../session/types.ts";
import type { ModelSlot } from "../models/model-slot.ts";
import type { RememberedModel } from "../models/remembered-model.ts";
import { createStore, type Store } from "../parts/store.ts";

/** What finds frames by what is seen in them, on its way from a name to use. */
export type SearchModelState =
  | { readonly status: "none" }
  | { readonly status: "looking"; readonly choice: ModelChoice }
  | { readonly status: "offered"; readonly choice: ModelChoice; readonly offer: SideOffer }
  | { readonly status: "loading"; readonly choice: ModelChoice; readonly progress: LoadProgress | null }
  | { readonly status: "ready"; readonly info: SearchModelInfo }
  | { readonly status: "failed"; readonly choice: ModelChoice; readonly error: ErrorData };

/** The search model of the page. No call rejects: what fails shows in the snapshot. */
export type SearchModelStore = Store<SearchModelState> & {
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

/**
 * @param slot the assistant whose sessions are searched: each new one is given the model that was used last, if it is stored
 * @param remembered where the stored model's key outlives the page
 */
export function createSearchModel(
  slot: Pick<ModelSlot, "snapshot" | "subscribe">,
  library: Pick<Library, "inspectSide" | "list">,
  remembered: RememberedModel,
): SearchModelStore {
  const store = createStore<SearchModelState>({ status: "none" });
  let assistant: Assistant | null = null;
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
      const offer = await library.inspectSide("search", choice, signal);
      if (!signal.aborted) store.set({ status: "offered", choice, offer });
    } catch (error) {
      if (!signal.aborted) fail(choice, error, "The search model could not be looked at. Choose another one.");
    }
  }

  async function load(choice: ModelChoice): Promise<void> {
    const opening = assistant;
    if (!opening) return;
    const signal = begin();
    const onProgress = (progress: LoadProgress) => {
      if (!signal.aborted) store.set({ status: "loading", choice, progress });
    };
    store.set({ status: "loading", choice, progress: null });
    try {
      const info = await opening.openSearch(choice, { signal, onProgress });
      if (signal.aborted) return opening.closeSearch(); // it was there before the word to stop came
      remembered.write(info.storedKey);
      store.set({ status: "ready", info });
    } catch (error) {
      if (!signal.aborted) fail(choice, error, "The search model could not be opened. Try again.");
    }
  }

  /** Another assistant knows no search model yet. */
  function attach(): void {
    const { model } = slot.snapshot;
    const next = model.status === "ready" ? model.assistant : null;
    if (next === assistant) return;
    assistant = next;
    running?.abort();
    store.set({ status: "none" });
    const key = next && remembered.read();
    if (key) void reopen(key);
  }

  async function reopen(key: string): Promise<void> {
    const stored = await library.list().catch(() => []);
    if (stored.some((each) => each.key === key) && store.snapshot.status === "none")
      await load({ kind: "stored", key });
  }

  function close(): void {
    running?.abort();
    assistant?.closeSearch();
    remembered.write(null);
    store.set({ status: "none" });
  }

  slot.subscribe(attach);
  attach();

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    look,
    load,
    cancel() {
      running?.abort();
      store.set({ status: "none" });
    },
    close,
    letGo(key) {
      const now = store.snapshot;
      if (now.status === "ready" && (key === undefined || key === now.info.storedKey)) close();
    },
  };
}
