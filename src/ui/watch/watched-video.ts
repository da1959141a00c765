import { AuroraError } from "../../errors.ts";
import type { Assistant, Session } from "../../session/types.ts";
import type { ModelSlot } from "../models/model-slot.ts";
import { createStore, type Store, until } from "../parts/store.ts";
import type { ChosenVideo } from "./chosen-video.ts";

/**
 * `session` is null without a video, and while the model loads. `showing` counts choices and repeats, so that nothing of
 * one (chosen frame, play head) shows on the next.
 */
type WatchedState = {
  readonly video: ChosenVideo | null;
  readonly session: Session | null;
  readonly showing: number;
};

/** A session that can be asked something, and the name of the model that answers. */
export type Askable = { readonly session: Session; readonly modelName: string };

/** The one video on the page, watched by the model in use; when another one takes its place, it is watched anew. */
export type WatchedVideo = Store<WatchedState> & {
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

/**
 * No video yet; what will be chosen is watched by the slot's models.
 *
 * @param listens whether it is to be listened to as well
 */
export function createWatchedVideo(
  slot: Pick<ModelSlot, "snapshot" | "subscribe">,
  listens: () => boolean = () => false,
): WatchedVideo {
  const store = createStore<WatchedState>({ video: null, session: null, showing: 0 });
  const update = (change: Partial<WatchedState>) => store.set({ ...store.snapshot, ...change });
  /** The model that was followed last; null while one loads. */
  let watcher: Assistant | null = null;

  /** Ends the session before, and begins one with this video if there is a model to watch it. */
  function watch(video: ChosenVideo | null): Session | null {
    // What a session cannot free any more went with the GPU: nothing is left to do about it.
    store.snapshot.session?.close().catch(() => undefined);
    const { model } = slot.snapshot;
    return video && model.status === "ready" ? model.assistant.watch(video.source, { listen: listens() }) : null;
  }

  /** A lost model leaves its session, whose frames are still to be seen, until another one takes its place. */
  function follow() {
    const { model } = slot.snapshot;
    if (model.status === "failed") return;
    const next = model.status === "ready" ? model.assistant : null;
    if (next === watcher) return;
    watcher = next;
    update({ session: watch(store.snapshot.video) });
  }

  slot.subscribe(follow);
  follow();

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    choose(video) {
      const { video: before, showing } = store.snapshot;
      update({ video, session: watch(video), showing: showing + 1 });
      if (before?.url.startsWith("blob:")) URL.revokeObjectURL(before.url);
    },
    watchAgain() {
      const { video, showing } = store.snapshot;
      update({ session: watch(video), showing: showing + 1 });
    },
    async askable(signal) {
      const { model, session } = await until(
        both(slot, store),
        (now) => now.session !== null || now.model.status === "failed",
        signal,
      );
      if (model.status === "failed") throw AuroraError.fromData(model.error);
      if (!session || model.status !== "ready") throw new AuroraError("Aborted", "Stopped.");
      const ended = ["done", "stopped", "failed"];
      const now = await until(session, (s) => s.framesWatched > 0 || ended.includes(s.status), signal);
      if (now.framesWatched === 0 && now.error) throw AuroraError.fromData(now.error);
      return { session, modelName: model.assistant.model.name };
    },
  };
}

/** Two stores as one. */
function both<A, B>(a: Store<A>, b: Store<B>): Store<A & B> {
  return {
    get snapshot() {
      return { ...a.snapshot, ...b.snapshot };
    },
    subscribe(listener) {
      const unsubscribers = [a.subscribe(listener), b.subscribe(listener)];
      return () => {
        for (const unsubscribe of unsubscribers) unsubscribe();
      };
    },
  };
}
