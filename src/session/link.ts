import type { ErrorData } from "../errors.ts";
import type { createAnswerQueue } from "./answer-queue.ts";
import type { GpuUsage, ToWorker } from "./protocol.ts";
import type { SnapshotStore } from "./snapshot-store.ts";
import type { AnswerScore, ProbeOptions, ProbeReport } from "./types.ts";

/** The page's end of a worker: what waits for it, by the numbers that the page gave. */
export type Link = {
  send(message: ToWorker): void;
  readonly sessions: Map<number, { readonly store: SnapshotStore; readonly onClosed: () => void }>;
  readonly answers: Map<number, ReturnType<typeof createAnswerQueue>>;
  readonly scores: Map<number, PromiseWithResolvers<readonly AnswerScore[]>>;
  /** The check of the model that runs. */
  probe: (PromiseWithResolvers<ProbeReport> & Pick<ProbeOptions, "onProgress">) | null;
  readonly usages: Map<number, (usage: GpuUsage) => void>;
  next(): number;
  /** Why the worker does nothing any more; null while it works. */
  ended: ErrorData | null;
};
