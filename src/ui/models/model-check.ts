import { type ErrorData, toAuroraError } from "../../errors.ts";
import type { Library } from "../../library/types.ts";
import type { Assistant, ProbeProgress, ProbeReport } from "../../session/types.ts";
import { createStore, type Store } from "../parts/store.ts";
import type { ModelSlot } from "./model-slot.ts";

/** The check of the model in use. */
type CheckState = {
  /** Whether the page offers it by itself, as it does once, after a model of the person's was opened for the first time. */
  readonly offered: boolean;
  readonly check:
    | { readonly status: "none" }
    | { readonly status: "running"; readonly progress: ProbeProgress | null }
    | { readonly status: "done"; readonly report: ProbeReport; readonly kept: boolean }
    | { readonly status: "failed"; readonly error: ErrorData };
};

export type ModelCheck = Store<CheckState> & {
  /** Checks the model in use. Never rejects: what fails shows in the snapshot. */
  start(): Promise<void>;
  cancel(): void;
  /** Takes back the offer. */
  dismiss(): void;
  /** Keeps the better setting that was found with the stored model. */
  keep(): Promise<void>;
  /** Opens the model again, with what was kept. */
  reload(): Promise<void>;
};

/** Which models a check was offered for. */
export type OfferedChecks = { has(key: string): boolean; add(key: string): void };

const nothing: CheckState = { offered: false, check: { status: "none" } };

/** The check of whatever model the slot holds; it is forgotten with the model. */
export function createModelCheck(slot: ModelSlot, library: Pick<Library, "keep">, offers: OfferedChecks): ModelCheck {
  const store = createStore<CheckState>(nothing);
  let assistant: Assistant | null = null;
  let stop = new AbortController();

  function follow() {
    const { model } = slot.snapshot;
    const now = model.status === "ready" ? model.assistant : null;
    if (now === assistant) return;
    stop.abort();
    assistant = now;
    const key = now?.model.storedKey ?? null;
    const offered = key !== null && !offers.has(key);
    if (offered) offers.add(key);
    store.set({ ...nothing, offered });
  }

  slot.subscribe(follow);
  follow();

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    async start() {
      const checked = assistant;
      if (!checked || store.snapshot.check.status === "running") return;
      stop = new AbortController();
      const { signal } = stop;
      const set = (check: CheckState["check"]) => {
        if (assistant === checked) store.set({ offered: false, check });
      };
      set({ status: "running", progress: null });
      try {
        const report = await checked.probe({
          signal,
          onProgress: (progress) => signal.aborted || set({ status: "running", progress }),
        });
        set({ status: "done", report, kept: false });
      } catch (error) {
        if (signal.aborted) return set({ status: "none" });
        const typed = toAuroraError(
          error,
          "Unexpected",
          "The model could not be checked. Reload the page, then try again.",
        );
        set({ status: "failed", error: typed.toData() });
      }
    },
    cancel: () => stop.abort(),
    dismiss: () => store.set({ ...store.snapshot, offered: false }),
    async keep() {
      const { check } = store.snapshot;
      const key = assistant?.model.storedKey ?? null;
      if (check.status !== "done" || !check.report.proposal || key === null) return;
      try {
        await library.keep(key, check.report.proposal.assumptions);
        store.set({ offered: false, check: { ...check, kept: true } });
      } catch (error) {
        const typed = toAuroraError(error, "Unexpected", "The setting could not be kept. Load the model again.");
        store.set({ offered: false, check: { status: "failed", error: typed.toData() } });
      }
    },
    reload: () => slot.load(),
  };
}

const name = "aurora.checks-offered";

/** In the browser's local storage; where that is refused, a check is offered once a page. */
export function rememberOffers(): OfferedChecks {
  const seen = new Set<string>();
  return {
    has(key) {
      try {
        return seen.has(key) || (JSON.parse(localStorage.getItem(name) ?? "[]") as unknown[]).includes(key);
      } catch {
        return false;
      }
    },
    add(key) {
      seen.add(key);
      try {
        const known = JSON.parse(localStorage.getItem(name) ?? "[]") as string[];
        localStorage.setItem(name, JSON.stringify([...known, key]));
      } catch {
        // Refused, as some private windows do.
      }
    },
  };
}
