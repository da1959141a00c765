import { useCallback, useSyncExternalStore } from "react";
import type { Store } from "./store.ts";

/** The store's snapshot, re-rendering on each change. */
export function useSnapshot<T>(store: Store<T>): T {
  const subscribe = useCallback((listener: () => void) => store.subscribe(listener), [store]);
  return useSyncExternalStore(subscribe, () => store.snapshot);
}
