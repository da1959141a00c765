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

/** Counts frames and the time spent on them, pauses left out. */
export function createPace() {
  let frames = 0;
  let spent = 0;
  let since: number | null = null;
  const watchMs = () => spent + (since === null ? 0 : performance.now() - since);
  return {
    count: (more: number) => {
      frames += more;
    },
    frames: () => frames,
    watchMs,
    framesPerSecond: () => (frames === 0 ? 0 : frames / (watchMs() / 1000)),
    start: () => {
      since ??= performance.now();
    },
    stop: () => {
      spent = watchMs();
      since = null;
    },
  };
}
