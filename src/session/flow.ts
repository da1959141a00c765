import { AuroraError } from "../errors.ts";

/** A gate that lets everything through while open. */
export function createGate() {
  let waiting: (() => void)[] = [];
  let shut = false;
  return {
    closed: () => shut,
    close: () => {
      shut = true;
    },
    open: () => {
      shut = false;
      for (const go of waiting.splice(0)) go();
    },
    /** Resolves when the gate is open; rejects when aborted before. */
    opened: (signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (!shut) return resolve();
        waiting = [...waiting, resolve];
        signal.addEventListener("abort", () => reject(new AuroraError("Aborted", "Stopped.")), { once: true });
        if (signal.aborted) reject(new AuroraError("Aborted", "Stopped."));
      }),
  };
}

/** Something that happens once and can be waited for. */
export function createSignal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** Runs one task at a time, in the order of the calls; a task that fails harms no later one. */
export type Mutex = { run<T>(task: () => Promise<T>): Promise<T> };

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run<T>(task: () => Promise<T>): Promise<T> {
      const result = last.then(task);
      last = result.catch(() => undefined);
      return result;
    },
  };
}
