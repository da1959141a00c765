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
