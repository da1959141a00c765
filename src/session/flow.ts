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

/** Tasks of a person's, one after the other, and others while there is none: those make way at once, and begin again later. */
export type Turns = Mutex & {
  /** @param task gives up with its signal; true once it is done and need not begin again */
  idle(task: (signal: AbortSignal) => Promise<boolean>): void;
  /** Drops what has not begun of the others, ends the one that has, and resolves once nothing runs. */
  close(): Promise<void>;
};

export function createTurns(): Turns {
  const mutex = createMutex();
  const later: ((signal: AbortSignal) => Promise<boolean>)[] = [];
  let waiting = 0;
  let running: AbortController | null = null;
  let closed = false;

  function next(): void {
    const task = closed || waiting > 0 || running ? undefined : later.shift();
    if (!task) return;
    const stop = new AbortController();
    running = stop;
    const run = async () => (stop.signal.aborted ? false : await task(stop.signal));
    const ended = (done: boolean) => {
      running = null;
      if (!done) later.unshift(task);
      next();
    };
    mutex.run(run).then(ended, () => ended(true)); // one that fails would fail again
  }

  return {
    async run(task) {
      waiting++;
      running?.abort();
      try {
        return await mutex.run(task);
      } finally {
        waiting--;
        next();
      }
    },
    idle(task) {
      later.push(task);
      next();
    },
    async close() {
      closed = true;
      running?.abort();
      await mutex.run(async () => undefined);
    },
  };
}

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
