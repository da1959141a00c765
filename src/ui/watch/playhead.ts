import { createStore, type Store } from "../parts/store.ts";

/** Where the player stands, in seconds of all that is watched. */
export type Playhead = Store<number> & {
  /** Has the player go there. */
  seek(seconds: number): void;
  /** The player tells where it stands. */
  tell(seconds: number): void;
  /** Has `go` called for each `seek`; returns the way to end that. */
  attach(go: (seconds: number) => void): () => void;
};

/** A play head at the beginning, without a player. */
export function createPlayhead(): Playhead {
  const store = createStore(0);
  const players = new Set<(seconds: number) => void>();
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    seek(seconds) {
      store.set(seconds);
      for (const go of players) go(seconds);
    },
    tell(seconds) {
      if (seconds !== store.snapshot) store.set(seconds);
    },
    attach(go) {
      players.add(go);
      return () => players.delete(go);
    },
  };
}
