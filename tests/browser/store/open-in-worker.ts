import { AuroraError } from "../../../src/errors.ts";
import type { LoadProgress, ModelChoice, Quantization } from "../../../src/library/types.ts";
import type { Opened, Order, Told } from "./model-worker.ts";

type Options = {
  /** int8 unless given. */
  readonly quantization?: Quantization | "auto";
  readonly gpuBytes?: number;
  /** Ends the worker as a page does that is closed, when it returns true. */
  readonly endWhen?: (progress: LoadProgress) => boolean;
  /** Stops it for good before this write of the conversion, counted from 1, and ends it. */
  readonly stopAtWrite?: number;
  readonly onProgress?: (progress: LoadProgress) => void;
};

/** Opens a model in a worker of its own, as the app does. @returns null when it was ended early @throws AuroraError the worker's */
export async function openInWorker(model: ModelChoice, options: Options = {}): Promise<Opened | null> {
  const worker = new Worker(new URL("./model-worker.ts", import.meta.url), { type: "module" });
  const patience = { attempts: 3, firstWaitMs: 20, longestWaitMs: 1000, stallMs: 5000 };
  const { quantization = "int8", gpuBytes = 2 ** 32, stopAtWrite = 0 } = options;
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if (data.type === "opened") resolve(data.opened);
        else if (data.type === "failed") reject(AuroraError.fromData(data.error));
        else if (data.type === "stopped") resolve(null);
        else {
          options.onProgress?.(data.progress);
          if (options.endWhen?.(data.progress)) resolve(null);
        }
      };
      worker.postMessage({ model, quantization, patience, gpuBytes, stopAtWrite } satisfies Order);
    });
  } finally {
    worker.terminate();
  }
}
