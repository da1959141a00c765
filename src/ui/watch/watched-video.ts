import { AuroraError, type ErrorData, toAuroraError } from "../../errors.ts";
import { handOver, type SavedSession } from "../../session/page/saved-sessions.ts";
import type { Assistant, Session, WatchOptions } from "../../session/types.ts";
import type { ModelSlot } from "../models/model-slot.ts";
import { createStore, type Store, until } from "../parts/store.ts";
import { type ChosenVideo, videoFromMemory } from "./chosen-video.ts";

/**
 * `session` is null without something to watch or a model that only chats, and while the model loads. `showing` counts choices and repeats, so that nothing of
 * one (chosen frame, play head) shows on the next.
 */
type WatchedState = {
  readonly video: ChosenVideo | null;
  readonly session: Session | null;
  readonly showing: number;
  /** Why the memory that the video goes on from could not be opened with another model; null where nothing was wrong. */
  readonly refusal: ErrorData | null;
};

/** A session that can be asked something, and the name of the model that answers. */
export type Askable = { readonly session: Session; readonly modelName: string };

/**
 * The one video on the page, watched by the model in use; when another one takes its place, it is watched anew. With a
 * model for text only the session is one that chats, and the video waits.
 */
export type WatchedVideo = Store<WatchedState> & {
  /** Closes the session of the video before and watches this one, as soon as the model is there. */
  choose(video: ChosenVideo): void;
  /**
   * Opens a memory file in place of the video before, once the model is there, and has it go on with `video`.
   *
   * @param goesOn whether the file is of the session on the page: what that one saved of itself stays until its heir has saved as much
   * @throws AuroraError why it cannot be opened; then everything stays as it is
   */
  openMemory(file: Blob, video?: ChosenVideo, goesOn?: boolean): Promise<Session>;
  /** Watches the chosen video once more from its start. */
  watchAgain(): void;
  /**
   * Resolves once there is something to ask about.
   * @throws AuroraError why there is not
   */
  askable(signal: AbortSignal): Promise<Askable>;
};

/** What sessions saved of themselves, to go on from after the GPU was lost. */
type SavedSessions = {
  find(id: string): Promise<SavedSession | null>;
  forget(id: string): Promise<void>;
};

const nothingSaved: SavedSessions = { find: async () => null, forget: async () => undefined };

/**
 * No video yet; what will be chosen is watched by the slot's models.
 *
 * @param options of watching, read when that begins
 */
export function createWatchedVideo(
  slot: Pick<ModelSlot, "snapshot" | "subscribe">,
  options: () => WatchOptions = () => ({}),
  saved: SavedSessions = nothingSaved,
): WatchedVideo {
  const store = createStore<WatchedState>({ video: null, session: null, showing: 0, refusal: null });
  const update = (change: Partial<WatchedState>) => store.set({ ...store.snapshot, ...change });
  /** The model that was followed last; null while one loads. */
  let watcher: Assistant | null = null;
  /** A video whose watching ended with its GPU, and what its session saved itself as. */
  let lost: { readonly video: ChosenVideo; readonly id: string } | null = null;

  /** Ends the session before, and begins one with this video if there is a model to watch it. */
  function watch(video: ChosenVideo | null): Session | null {
    // What a session cannot free any more went with the GPU: nothing is left to do about it.
    store.snapshot.session?.close().catch(() => undefined);
    const { model } = slot.snapshot;
    if (model.status !== "ready") return null;
    // What is for text only chats, whether there is a video or not.
    if (!model.assistant.model.sees) return model.assistant.chat();
    if (!video) return null;
    if (!video.source) {
      void reopen(model.assistant, video);
      return null;
    }
    const heard = video.live ? { listen: false } : {}; // a microphone is opened by the person alone
    const session = model.assistant.watch(video.source, { ...options(), ...heard });
    // The light of a camera goes out when watching it was ended; not when another session takes its place.
    if (video.live)
      session.subscribe(() => {
        if (session.snapshot.status === "stopped" && store.snapshot.session === session) video.release();
      });
    return session;
  }

  /** Opens a memory that has no video with the model that took the place of another one. */
  async function reopen(assistant: Assistant, video: ChosenVideo): Promise<void> {
    try {
      const session = await assistant.open(video.memory ?? new Blob());
      if (store.snapshot.video === video && watcher === assistant) update({ session, refusal: null });
      else await session.close();
    } catch (error) {
      const refusal = toAuroraError(error, "Unexpected", "The memory could not be opened.").toData();
      if (store.snapshot.video === video) update({ refusal });
    }
  }

  /** Goes on from what a session had saved before its GPU was lost, or watches anew where there is nothing. */
  async function goOn(assistant: Assistant, { video, id }: NonNullable<typeof lost>): Promise<void> {
    const current = () => watcher === assistant && store.snapshot.video === video;
    try {
      const found = await saved.find(id);
      if (!found || found.model.sha256 !== assistant.model.sha256) throw new Error("nothing to go on from");
      const watching = video.source ? { ...options(), video: video.source } : options();
      const session = await assistant.open(found.file, watching);
      if (current()) update({ session });
      else await session.close();
      await handOver(id, () => store.snapshot.session?.snapshot.savedAs ?? null, saved);
    } catch {
      if (current()) update({ session: watch(video) });
    }
  }

  /** A lost model leaves its session, whose frames are still to be seen, until another one takes its place. */
  function follow() {
    const { model } = slot.snapshot;
    if (model.status === "failed") {
      const { video, session } = store.snapshot;
      const id = session?.snapshot.savedAs;
      if (model.lost && video && id) lost = { video, id };
      return;
    }
    const next = model.status === "ready" ? model.assistant : null;
    if (next === watcher) return;
    watcher = next;
    const before = next && lost?.video === store.snapshot.video ? lost : null;
    if (!before || !next) return update({ session: watch(store.snapshot.video) });
    lost = null;
    void goOn(next, before);
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
      update({ video, session: watch(video), showing: showing + 1, refusal: null });
      before?.release();
    },
    async openMemory(file, given, goesOn = false) {
      const { model } = await until(slot, (now) => now.model.status !== "loading", new AbortController().signal);
      if (model.status === "failed") throw AuroraError.fromData(model.error);
      if (model.status !== "ready") throw new AuroraError("Aborted", "Stopped.");
      const watching = given?.source ? { ...options(), video: given.source } : options();
      const session = await model.assistant.open(file, watching);
      const { video: before, session: last, showing } = store.snapshot;
      last?.close({ keepSaved: goesOn }).catch(() => undefined);
      const left = goesOn ? last?.snapshot.savedAs : null;
      const name = session.snapshot.video?.name ?? "Memory";
      const video = given ? { ...given, memory: file } : videoFromMemory(file, name);
      update({ video, session, showing: showing + 1, refusal: null });
      before?.release();
      if (left) void handOver(left, () => store.snapshot.session?.snapshot.savedAs ?? null, saved);
      return session;
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
