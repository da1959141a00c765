import { AuroraError } from "../errors.ts";

/**
 * Runs a task while no other tab or worker of this app does one of the same name; `shared` ones may run beside each other.
 * Waits for its turn, until `signal`.
 *
 * @throws AuroraError `Aborted`; all that `task` throws
 */
export async function withLock<T>(
  name: string,
  mode: "exclusive" | "shared",
  signal: AbortSignal | undefined,
  task: () => Promise<T>,
): Promise<T> {
  if (!locks()) return task();
  try {
    // `request` resolves with what the task gives, once it has.
    return (await navigator.locks.request(lockName(name), { mode, ...(signal ? { signal } : {}) }, task)) as T;
  } catch (error) {
    if (signal?.aborted && !(error instanceof AuroraError)) throw new AuroraError("Aborted", "Stopped.", error);
    throw error;
  }
}

/** Runs a task unless somebody does one of this name; false then. */
export async function ifUnlocked(name: string, task: () => Promise<void>): Promise<boolean> {
  if (!locks()) return task().then(() => true);
  const run = async (lock: Lock | null) => {
    if (lock) await task();
    return lock !== null;
  };
  return (await navigator.locks.request(lockName(name), { ifAvailable: true }, run)) as boolean;
}

/** Takes a lock and holds it until `release`, or until its worker or page ends. @throws AuroraError `Aborted` */
export async function holdLock(
  name: string,
  mode: "exclusive" | "shared",
  signal?: AbortSignal,
): Promise<{ release(): void }> {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await new Promise<void>((taken, failed) => {
    const task = () => {
      taken();
      return held;
    };
    withLock(name, mode, signal, task).catch(failed);
  });
  return { release };
}

/** Absent only where the page is not served securely, which WebGPU demands too. */
function locks(): LockManager | undefined {
  return (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
}

/** Versions of the app that are open in other tabs say the same. */
function lockName(name: string): string {
  return `aurora-model ${name}`;
}
