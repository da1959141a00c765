import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import type { LoadProgress, ModelChoice, Quantization } from "../library/types.ts";
import type { Assistant, EncoderBackend, OpenOptions, Session } from "../session/types.ts";
import { createTransferMeter, type Transfer, unknownTransfer } from "./models/transfer-meter.ts";
import { createStore, type Store, until } from "./parts/store.ts";
import { anyVideoQuestions, type Sample } from "./watch/samples.ts";

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

/** The video on the page: what is watched (`source`), what the player plays (`url`), and questions to offer. */
export type ChosenVideo = {
  readonly source: Blob | string;
  readonly url: string;
  readonly name: string;
  readonly questions: readonly string[];
};

/** `request` is what `model` is, or was to be. `session` is null without a video, and while the model loads. */
type ViewerState = {
  readonly request: ModelRequest;
  readonly model: ModelState;
  readonly change: ModelChange | null;
  readonly video: ChosenVideo | null;
  readonly session: Session | null;
};

/** A session that can be asked something, and the name of the model that answers. */
export type Askable = { readonly session: Session; readonly modelName: string };

/** The model and the one video that it watches. */
export type Viewer = Store<ViewerState> & {
  /**
   * Closes the model in use and opens this one, or the same again, then watches the chosen video from its start.
   * Never rejects: see `snapshot.model`.
   */
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
  /** Closes the session of the video before and watches this one, as soon as the model is there. */
  choose(video: ChosenVideo): void;
  /** Watches the chosen video once more from its start. */
  watchAgain(): void;
  /**
   * Resolves once there is something to ask about.
   * @throws AuroraError why there is not
   */
  askable(signal: AbortSignal): Promise<Askable>;
};

/** A file as the video to watch. */
export function videoFromFile(file: File): ChosenVideo {
  return { source: file, url: URL.createObjectURL(file), name: file.name, questions: anyVideoQuestions };
}

/** Address of a clip that ships with the page. */
export function sampleUrl(sample: Sample): string {
  return new URL(`samples/${sample.file}`, document.baseURI).href;
}

/** A clip that ships with the page as the video to watch. */
export function videoFromSample(sample: Sample): ChosenVideo {
  const url = sampleUrl(sample);
  return { source: url, url, name: sample.title, questions: sample.questions };
}

/** A viewer over `open`, which is `openAssistant` outside of tests, for one model at first. */
export function createViewer(
  open: (options: OpenOptions) => Promise<Assistant>,
  request: ModelRequest,
  encoder: EncoderBackend = "auto",
): Viewer {
  const store = createStore<ViewerState>({
    request,
    model: { status: "loading", progress: null },
    change: null,
    video: null,
    session: null,
  });
  const update = (change: Partial<ViewerState>) => store.set({ ...store.snapshot, ...change });
  /** Counts models put in place, so that what an earlier one still reports is dropped. */
  let generation = 0;
  /** The one that is open, in use or lost; null before. */
  let opened: Assistant | null = null;
  /** Settles once the model before is closed. */
  let closing: Promise<void> = Promise.resolve();
  /** End the opening of the model in place, and of the one that is to replace it. */
  let placing: AbortController | null = null;
  let switching: AbortController | null = null;

  function closeSession() {
    // What a session cannot free any more went with the GPU: nothing is left to do about it.
    store.snapshot.session?.close().catch(() => undefined);
  }

  function watch(video: ChosenVideo | null, model: ModelState) {
    closeSession();
    const session = video && model.status === "ready" ? model.assistant.watch(video.source) : null;
    update({ model, video, session });
  }

  /** Makes room for a model: from here on, what happens to it is what the page shows. Returns its generation. */
  function replace(next: ModelRequest, controller: AbortController): number {
    placing?.abort();
    placing = controller;
    if (switching !== controller) switching?.abort();
    switching = null;
    closeSession();
    if (opened) closing = opened.close();
    opened = null;
    update({ request: next, model: { status: "loading", progress: null }, change: null, session: null });
    return ++generation;
  }

  function use(assistant: Assistant, mine: number) {
    opened = assistant;
    watch(store.snapshot.video, { status: "ready", assistant });
    void assistant.failed.then((error) => {
      if (mine === generation) update({ model: { status: "failed", error, lost: true } });
    });
  }

  /** Opens a model that is in place from the start, or (`replaceAt` "loading") once it needs the GPU's memory. */
  async function start(next: ModelRequest, replaceAt: "start" | "loading"): Promise<boolean> {
    const controller = new AbortController();
    const { signal } = controller;
    const meter = createTransferMeter();
    let mine: number | null = null;
    if (replaceAt === "start") mine = replace(next, controller);
    else {
      switching?.abort();
      switching = controller;
      update({ change: { request: next, status: "loading", progress: null, transfer: unknownTransfer } });
    }

    function beforeLoading(): Promise<void> {
      mine ??= replace(next, controller);
      return closing;
    }

    function report(progress: LoadProgress) {
      if (signal.aborted) return;
      if (mine !== null) update({ model: { status: "loading", progress } });
      else {
        const { stage, loadedBytes, totalBytes } = progress;
        const transfer = meter.add(performance.now(), stage, loadedBytes, totalBytes);
        update({ change: { request: next, status: "loading", progress, transfer } });
      }
    }

    try {
      const { choice, quantization } = next;
      const assistant = await open({ model: choice, quantization, encoder, signal, onProgress: report, beforeLoading });
      if (signal.aborted) {
        void assistant.close();
        return false;
      }
      use(assistant, mine ?? replace(next, controller));
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const message = "The model could not be opened. Reload the page; if that does not help, copy the details.";
      const failure = toAuroraError(error, "ModelUnsupported", message).toData();
      if (mine === null) update({ change: { request: next, status: "failed", error: failure } });
      else update({ model: { status: "failed", error: failure, lost: false } });
      return false;
    }
  }

  async function askable(signal: AbortSignal): Promise<Askable> {
    const { model, session } = await until(store, (s) => s.session !== null || s.model.status === "failed", signal);
    if (model.status === "failed") throw AuroraError.fromData(model.error);
    if (!session || model.status !== "ready") throw new AuroraError("Aborted", "Stopped.");
    const ended = ["done", "stopped", "failed"];
    const now = await until(session, (s) => s.framesWatched > 0 || ended.includes(s.status), signal);
    if (now.framesWatched === 0 && now.error) throw AuroraError.fromData(now.error);
    return { session, modelName: model.assistant.model.name };
  }

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    async load(next = store.snapshot.request) {
      await start(next, "start");
    },
    switchTo: (next) => start(next, "loading"),
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
    askable,
    choose(video) {
      const before = store.snapshot.video;
      watch(video, store.snapshot.model);
      if (before?.url.startsWith("blob:")) URL.revokeObjectURL(before.url);
    },
    watchAgain: () => watch(store.snapshot.video, store.snapshot.model),
  };
}
