import { createStore, type Store } from "../parts/store.ts";

/** Whether the person wants videos to be listened to, from one visit to the next. */
export type ListenChoice = Store<boolean> & { set(on: boolean): void };

const name = "aurora.listen";

/** The choice in the browser's local storage; without a say where that is refused. Listening is on unless it was switched off. */
export function createListenChoice(): ListenChoice {
  const store = createStore(read());
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    set(on) {
      store.set(on);
      try {
        if (on) localStorage.removeItem(name);
        else localStorage.setItem(name, "off");
      } catch {
        // Refused, as some private windows do: the next visit then begins with listening on.
      }
    },
  };
}

function read(): boolean {
  try {
    return localStorage.getItem(name) !== "off";
  } catch {
    return true;
  }
}
