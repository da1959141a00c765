import type { FileProgress, LoadProgress } from "../../library/types.ts";
import { formatBytes, formatDuration } from "../parts/format.ts";
import type { ModelRequest, ModelSlot } from "./model-slot.ts";
import type { Transfer } from "./transfer-meter.ts";

/** A step of loading a model, in words. */
type LoadStep = { readonly name: string; readonly state: "done" | "now" | "next" };

/** A model on its way in, as the page shows it. */
export type ModelLoad = {
  readonly request: ModelRequest;
  readonly steps: readonly LoadStep[];
  /** Of the step at hand, 0 to 1; null while unknown. */
  readonly done: number | null;
  /** What is being done, with figures: for the eye. */
  readonly text: string;
  /** The same without what changes by the second: for screen readers. */
  readonly spoken: string;
  readonly files: readonly FileProgress[];
  /** Whether the model before is still in use, so that one can go back to it. */
  readonly cancellable: boolean;
};

/** What is being loaded now, in place of a model or as the first; null when nothing is. Made anew at each call. */
export function currentLoad({ model, change, request }: ModelSlot["snapshot"]): ModelLoad | null {
  if (change?.status === "loading") return describeLoad(change.request, change.progress, change.transfer, true);
  return model.status === "loading" ? describeLoad(request, model.progress, null, false) : null;
}

/** Whether a model is being loaded. */
export function isLoading({ model, change }: ModelSlot["snapshot"]): boolean {
  return change?.status === "loading" || model.status === "loading";
}

type Step = "download" | "convert" | "prepare";

const stepNames = { download: "Download", convert: "Convert", prepare: "Prepare" } as const;

const stepsOf: Readonly<Record<ModelRequest["choice"]["kind"], readonly Step[]>> = {
  folder: ["download", "prepare"],
  hub: ["download", "convert", "prepare"],
  files: ["convert", "prepare"],
  stored: ["prepare"],
};

function describeLoad(
  request: ModelRequest,
  progress: LoadProgress | null,
  transfer: Transfer | null,
  cancellable: boolean,
): ModelLoad {
  const steps = stepsOf[request.choice.kind];
  const at = progress === null || progress.stage === "gpu" ? -1 : steps.indexOf(progress.stage);
  const done = partDone(progress);
  const doing = progress?.waiting ? waiting : doings[steps[at] ?? "begin"];
  const tenths = done === null ? "" : `, ${Math.floor(done * 10) * 10} percent`;
  return {
    request,
    steps: steps.map((step, order) => ({
      name: stepNames[step],
      state: order < at ? "done" : order === Math.max(at, 0) ? "now" : "next",
    })),
    done,
    text: [doing, amount(progress), speed(transfer)].filter(Boolean).join(" · "),
    spoken: `${request.name}: ${doing}${tenths}`,
    files: progress?.files ?? [],
    cancellable,
  };
}

const waiting = "Another tab is loading this model; it will open here too";

const doings = {
  begin: "Waking the GPU",
  download: "Downloading the model",
  convert: "Converting the model",
  prepare: "Preparing the model",
} as const;

/** Of a step that has only begun nothing is known: some end at once, some report nothing before their end. */
function partDone(progress: LoadProgress | null): number | null {
  if (!progress?.totalBytes || progress.loadedBytes === 0) return null;
  return Math.min(1, progress.loadedBytes / progress.totalBytes);
}

function amount(progress: LoadProgress | null): string {
  if (!progress?.totalBytes || progress.loadedBytes === 0) return "";
  return `${formatBytes(progress.loadedBytes)} of ${formatBytes(progress.totalBytes)}`;
}

function speed(transfer: Transfer | null): string {
  if (transfer === null || transfer.bytesPerSecond === null) return "";
  const rate = `${formatBytes(transfer.bytesPerSecond)}/s`;
  return transfer.secondsLeft === null ? rate : `${rate} · ${formatDuration(transfer.secondsLeft)} left`;
}
