import type { FromSearch, Nearest, ToSearch } from "../../search/protocol.ts";
import type { SeenFrames } from "../seeing/seen-frames.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** The vectors of a session's frames, in a worker of their own that is there once there are any. */
export type Seen = {
  add(frames: SeenFrames): void;
  /** Forgets all vectors: another search model makes others. */
  reset(): void;
  /** The nearest moments to a vector, best first. */
  nearest(query: Float32Array, most: number): Promise<readonly Nearest[]>;
  /** The moments that look most like that of a second, best first. */
  alike(seconds: number, most: number): Promise<readonly Nearest[]>;
  close(): void;
};

export function createSeen(store: Pick<SnapshotStore, "update">): Seen {
  const waiting = new Map<number, (moments: readonly Nearest[]) => void>();
  let worker: Worker | null = null;
  let requests = 0;
  let closed = false;

  function start(): Worker {
    const started = new Worker(new URL("../../search/worker.ts", import.meta.url), { type: "module", name: "search" });
    started.onmessage = ({ data }: MessageEvent<FromSearch>) => {
      if (data.type === "count") return store.update({ seen: { frames: data.count } });
      waiting.get(data.request)?.(data.moments);
      waiting.delete(data.request);
    };
    started.onerror = stop;
    return started;
  }

  function stop(): void {
    worker?.terminate();
    worker = null;
    for (const settle of waiting.values()) settle([]);
    waiting.clear();
  }

  function ask(message: (request: number) => ToSearch): Promise<readonly Nearest[]> {
    return new Promise((resolve) => {
      if (!worker) return resolve([]);
      const request = requests++;
      waiting.set(request, resolve);
      worker.postMessage(message(request));
    });
  }

  return {
    add({ seconds, rows, width }) {
      if (closed) return;
      worker ??= start();
      const message: ToSearch = { type: "add", width, seconds, rows };
      worker.postMessage(message, [rows.buffer]);
    },
    reset() {
      stop();
      if (!closed) store.update({ seen: { frames: 0 } });
    },
    nearest: (query, most) => ask((request) => ({ type: "nearest", request, query, most })),
    alike: (seconds, most) => ask((request) => ({ type: "alike", request, seconds, most })),
    close() {
      closed = true;
      stop();
    },
  };
}
