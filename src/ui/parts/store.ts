/** A value that changes, and how to hear of it. `snapshot` is replaced, never mutated; sessions have this form too. */
export type Store<T> = { readonly snapshot: T; subscribe(listener: () => void): () => void };

export type WritableStore<T> = Store<T> & { set(next: T): void };

/** A store that holds `initial` until `set`. */
export function createStore<T>(initial: T): WritableStore<T> {
  const listeners = new Set<() => void>();
  let snapshot = initial;
  return {
    get snapshot() {
      return snapshot;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      snapshot = next;
      for (const listener of [...listeners]) listener();
    },
  };
}

/**
 * Resolves with the first snapshot, from now on, for which `holds` is true.
 * @throws the signal's reason when aborted first
 */
export function until<T>(store: Store<T>, holds: (snapshot: T) => boolean, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      unsubscribe();
      signal.removeEventListener("abort", abort);
      settle();
    };
    const check = () => {
      const snapshot = store.snapshot;
      if (holds(snapshot)) finish(() => resolve(snapshot));
    };
    const abort = () => finish(() => reject(signal.reason));
    const unsubscribe = store.subscribe(check);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else check();
  });
}
