import { useCallback, useRef, useSyncExternalStore } from "react";
import type { Store } from "./store.ts";

/**
 * The store's snapshot, or what `select` takes of it; the component renders again only when that is not the `same` any more.
 * A `select` that makes an object anew each time needs a `same` that looks inside, as `sameItems` does.
 */
export function useSnapshot<T>(store: Store<T>): T;
export function useSnapshot<T, S>(store: Store<T>, select: (snapshot: T) => S, same?: (a: S, b: S) => boolean): S;
export function useSnapshot<T>(
  store: Store<T>,
  select: (snapshot: T) => unknown = (snapshot) => snapshot,
  same: (a: unknown, b: unknown) => boolean = Object.is,
): unknown {
  const subscribe = useCallback((listener: () => void) => store.subscribe(listener), [store]);
  const last = useRef<{ readonly selected: unknown } | null>(null);
  return useSyncExternalStore(subscribe, () => {
    const selected = select(store.snapshot);
    if (last.current === null || !same(last.current.selected, selected)) last.current = { selected };
    return last.current.selected;
  });
}

/** Whether two lists hold the same items in the same order, for selections that make a list anew each time. */
export function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, order) => Object.is(item, b[order]));
}
