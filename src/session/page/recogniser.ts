import { AuroraError } from "../../errors.ts";
import type { LoadProgress, ModelChoice } from "../../library/types.ts";
import type { FromSpeech, RecogniserInfo, ToSpeech } from "../../speech/protocol.ts";
import { createSpeechWorker } from "./listening.ts";

/**
 * Brings a recogniser of the hub, or from files, into the browser's store, where it is not there yet; sessions use it by its key.
 *
 * @throws AuroraError `ModelNotFound`, `ModelUnsupported`, `DownloadFailed`, `StorageFull`, `Aborted`
 */
export async function storeRecogniser(
  choice: ModelChoice,
  {
    signal,
    onProgress,
  }: { readonly signal?: AbortSignal; readonly onProgress?: (progress: LoadProgress) => void } = {},
): Promise<RecogniserInfo> {
  if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
  const worker = createSpeechWorker();
  const { promise, resolve, reject } = Promise.withResolvers<RecogniserInfo>();
  worker.onmessage = ({ data }: MessageEvent<FromSpeech>) => {
    if (data.type === "storing") onProgress?.(data.progress);
    if (data.type === "stored") resolve(data.recogniser);
    if (data.type === "failed") reject(AuroraError.fromData(data.error));
  };
  worker.onerror = ({ message }) =>
    reject(new AuroraError("Unexpected", "The listening part of the app did not start. Reload the page.", message));
  const stop = () => reject(new AuroraError("Aborted", "Stopped."));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    worker.postMessage({ type: "store", choice } satisfies ToSpeech);
    return await promise;
  } finally {
    signal?.removeEventListener("abort", stop);
    worker.terminate();
  }
}
