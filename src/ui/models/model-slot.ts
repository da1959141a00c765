import { type ErrorData, toAuroraError } from "../../errors.ts";
import type { LoadProgress, ModelChoice, Quantization } from "../../library/types.ts";
import type { Assistant, ModelInfo, OpenOptions } from "../../session/types.ts";
import { createStore, type Store } from "../parts/store.ts";
import { createTransferMeter, type Transfer, unknownTransfer } from "./transfer-meter.ts";

/** A model to open; `name` is what to call it until it tells its own. */
export type ModelRequest = {
  readonly name: string;
  readonly choice: ModelChoice;
  readonly quantization: Quantization | "auto";
};

/** The model's way from the page's opening on. `progress` is null before the first report; `lost` means that it had worked before. */
export type ModelState =
  | { readonly status: "loading"; readonly progress: LoadProgress | null }
  | { readonly status: "ready"; readonly assistant: Assistant }
  | { readonly status: "failed"; readonly error: ErrorData; readonly lost: boolean };

/** Another model on its way in, while the one before still serves. What came of a stopped or failed one is kept. */
export type ModelChange = { readonly request: ModelRequest } & (
  | { readonly status: "loading"; readonly progress: LoadProgress | null; readonly transfer: Transfer }
  | { readonly status: "stopped"; readonly progress: LoadProgress | null }
  | { readonly status: "failed"; readonly error: ErrorData }
);

/** `request` is what `model` is, or was to be. */
type ModelSlotState = {
  readonly request: ModelRequest;
  readonly model: ModelState;
  readonly change: ModelChange | null;
};

/**
 * The place for the one model in use. A model that has to go is out of the snapshot before it is closed, so that whoever
 * uses it, told by `subscribe`, lets go of it first.
 */
export type ModelSlot = Store<ModelSlotState> & {
  /** Closes the model in use and opens this one, or the same again. Never rejects: see `snapshot.model`. */
  load(request?: ModelRequest): Promise<void>;
  /**
   * Opens another model in place of the one in use, which serves until the new one is about to take the GPU's memory:
   * then it is closed first, as many GPUs cannot hold both. Never rejects; true once the new one is in use.
   */
  switchTo(request: ModelRequest): Promise<boolean>;
  /** Ends a switch; the model in use stays. */
  cancelSwitch(): void;
  /** Forgets a switch that failed or was stopped. */
  dismissSwitch(): void;
  /** From now on, the model in use is opened again as this. */
  settle(choice: ModelChoice): void;
};

/** What the model in use is; null while there is none. */
export function modelInUse({ model }: ModelSlotState): ModelInfo | null {
  return model.status === "ready" ? model.assistant.model : null;
}

/** A slot over `open`, which is `openAssistant` outside of tests, for one model at first. */
export function createModelSlot(
  open: (options: OpenOptions) => Promise<Assistant>,
  request: ModelRequest,
  choices: Pick<OpenOptions, "encoder" | "encoderPrecision" | "kernels"> = {},
): ModelSlot {
  const store = createStore<ModelSlotState>({
    request,
    model: { status: "loading", progress: null },
    change: null,
  });
  const update = (change: Partial<ModelSlotState>) => store.set({ ...store.snapshot, ...change });
  /** Whose opening or use the snapshot's `model` shows; what an earlier one still reports is dropped. */
  let placed: AbortController | null = null;
  /** Ends the opening of the model that is to replace it. */
  let switching: AbortController | null = null;
  /** The one that is open, in use or lost; null before. */
  let opened: Assistant | null = null;
  /** Settles once the model before is closed. */
  let closing: Promise<void> = Promise.resolve();

  /** Makes room for a model: from here on, what happens to it is what the page shows. */
  function place(next: ModelRequest, opening: AbortController) {
    if (placed === opening) return;
    placed?.abort();
    if (switching !== opening) switching?.abort();
    placed = opening;
    switching = null;
    update({ request: next, model: { status: "loading", progress: null }, change: null });
    if (opened) closing = opened.close();
    opened = null;
  }

  function use(assistant: Assistant, opening: AbortController) {
    opened = assistant;
    update({ model: { status: "ready", assistant } });
    void assistant.failed.then((error) => {
      if (placed === opening) update({ model: { status: "failed", error, lost: true } });
    });
  }

  /** Opens a model, in its place already or to come there once it needs the GPU's memory. True once it is in use. */
  async function start(next: ModelRequest, opening: AbortController): Promise<boolean> {
    const { signal } = opening;
    const meter = createTransferMeter();

    function report(progress: LoadProgress) {
      if (signal.aborted) return;
      if (placed === opening) return update({ model: { status: "loading", progress } });
      const { stage, loadedBytes, totalBytes } = progress;
      const transfer = meter.add(performance.now(), stage, loadedBytes, totalBytes);
      update({ change: { request: next, status: "loading", progress, transfer } });
    }

    function beforeLoading(): Promise<void> {
      if (!signal.aborted) place(next, opening);
      return closing;
    }

    try {
      const { choice, quantization } = next;
      const assistant = await open({
        model: choice,
        quantization,
        ...choices,
        signal,
        onProgress: report,
        beforeLoading,
      });
      if (signal.aborted) {
        void assistant.close();
        return false;
      }
      place(next, opening);
      use(assistant, opening);
      return true;
    } catch (error) {
      if (!signal.aborted) fail(next, opening, error);
      return false;
    }
  }

  function fail(next: ModelRequest, opening: AbortController, cause: unknown) {
    const message = "The model could not be opened. Reload the page; if that does not help, copy the details.";
    const error = toAuroraError(cause, "Unexpected", message).toData();
    if (placed === opening) update({ model: { status: "failed", error, lost: false } });
    else update({ change: { request: next, status: "failed", error } });
  }

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    async load(next = store.snapshot.request) {
      const opening = new AbortController();
      place(next, opening);
      await start(next, opening);
    },
    switchTo(next) {
      switching?.abort();
      switching = new AbortController();
      update({ change: { request: next, status: "loading", progress: null, transfer: unknownTransfer } });
      return start(next, switching);
    },
    cancelSwitch() {
      const { change } = store.snapshot;
      if (change?.status !== "loading") return;
      switching?.abort();
      update({ change: { request: change.request, status: "stopped", progress: change.progress } });
    },
    dismissSwitch() {
      if (store.snapshot.change?.status !== "loading") update({ change: null });
    },
    settle: (choice) => update({ request: { ...store.snapshot.request, choice } }),
  };
}
