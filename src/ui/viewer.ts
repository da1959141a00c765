import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import type { Assistant, LoadProgress, OpenOptions, Session } from "../session/types.ts";
import { anyVideoQuestions, type Sample } from "./samples.ts";
import { createStore, type Store, until } from "./store.ts";

/** The model's way from the page's opening on. `progress` is null before the first report; `lost` means that it had worked before. */
export type ModelState =
  | { readonly status: "loading"; readonly progress: LoadProgress | null }
  | { readonly status: "ready"; readonly assistant: Assistant }
  | { readonly status: "failed"; readonly error: ErrorData; readonly lost: boolean };

/** The video on the page: what is watched (`source`), what the player plays (`url`), and questions to offer. */
export type ChosenVideo = {
  readonly source: Blob | string;
  readonly url: string;
  readonly name: string;
  readonly questions: readonly string[];
};

/** `session` is null without a video, and while the model loads. */
type ViewerState = {
  readonly model: ModelState;
  readonly video: ChosenVideo | null;
  readonly session: Session | null;
};

/** The model and the one video that it watches. */
export type Viewer = Store<ViewerState> & {
  /** Opens the model, again if need be, then watches the chosen video from its start. Never rejects: see `snapshot.model`. */
  load(): Promise<void>;
  /** Closes the session of the video before and watches this one, as soon as the model is there. */
  choose(video: ChosenVideo): void;
  /** Watches the chosen video once more from its start. */
  watchAgain(): void;
  /**
   * Resolves with the session once it can be asked something.
   * @throws AuroraError why there is nothing to ask about
   */
  askable(signal: AbortSignal): Promise<Session>;
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

/** A viewer over `open`, which is `openAssistant` outside of tests. */
export function createViewer(
  open: (options: OpenOptions) => Promise<Assistant>,
  options: Pick<OpenOptions, "model" | "encoder">,
): Viewer {
  const store = createStore<ViewerState>({
    model: { status: "loading", progress: null },
    video: null,
    session: null,
  });
  const update = (change: Partial<ViewerState>) => store.set({ ...store.snapshot, ...change });
  /** Counts openings, so that what an earlier one still reports is dropped. */
  let generation = 0;
  /** The one that is open, in use or lost; null before. */
  let opened: Assistant | null = null;

  function closeSession() {
    // What a session cannot free any more went with the GPU: nothing is left to do about it.
    store.snapshot.session?.close().catch(() => undefined);
  }

  function watch(video: ChosenVideo | null, model: ModelState) {
    closeSession();
    const session = video && model.status === "ready" ? model.assistant.watch(video.source) : null;
    update({ model, video, session });
  }

  function fail(error: ErrorData, lost: boolean) {
    update({ model: { status: "failed", error, lost } });
  }

  async function load() {
    const mine = ++generation;
    closeSession();
    opened?.close();
    opened = null;
    update({ model: { status: "loading", progress: null }, session: null });
    try {
      const assistant = await open({
        ...options,
        onProgress: (progress) => {
          if (mine === generation) update({ model: { status: "loading", progress } });
        },
      });
      if (mine !== generation) return assistant.close();
      opened = assistant;
      watch(store.snapshot.video, { status: "ready", assistant });
      void assistant.failed.then((error) => {
        if (mine === generation) fail(error, true);
      });
    } catch (error) {
      const message = "The model could not be opened. Reload the page; if that does not help, copy the details.";
      if (mine === generation) fail(toAuroraError(error, "ModelUnsupported", message).toData(), false);
    }
  }

  async function askable(signal: AbortSignal): Promise<Session> {
    const { model, session } = await until(store, (s) => s.session !== null || s.model.status === "failed", signal);
    if (model.status === "failed") throw AuroraError.fromData(model.error);
    if (!session) throw new AuroraError("Aborted", "Stopped.");
    const ended = ["done", "stopped", "failed"];
    const now = await until(session, (s) => s.framesWatched > 0 || ended.includes(s.status), signal);
    if (now.framesWatched === 0 && now.error) throw AuroraError.fromData(now.error);
    return session;
  }

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    load,
    askable,
    choose(video) {
      const before = store.snapshot.video;
      watch(video, store.snapshot.model);
      if (before?.url.startsWith("blob:")) URL.revokeObjectURL(before.url);
    },
    watchAgain: () => watch(store.snapshot.video, store.snapshot.model),
  };
}
