import { AuroraError } from "../errors.ts";
import { openSide } from "../library/side-models.ts";
import type { LoadProgress, ModelChoice } from "../library/types.ts";
import type { RecogniserInfo } from "./protocol.ts";
import type { RecogniserFiles } from "./recogniser.ts";

/**
 * Brings a recogniser into the store, where it is not there yet.
 *
 * @throws AuroraError as `openSide`, and `StorageFull` where the browser keeps nothing for this page
 */
export async function storeRecogniser(
  choice: ModelChoice,
  onProgress: (progress: LoadProgress) => void,
): Promise<RecogniserInfo> {
  const { name, license, storedKey: key, release } = await openSide("speech", choice, { onProgress });
  release();
  if (key === null)
    throw new AuroraError(
      "StorageFull",
      "The browser has no room to keep this recogniser, so it cannot be used. Make room, or leave the private window; what is said is written down by the one that comes with the app.",
    );
  return { key, name, license };
}

/** The files of a stored recogniser; they may not be deleted until this worker ends. @throws AuroraError `ModelNotFound` */
export async function storedRecogniser(key: string): Promise<RecogniserFiles> {
  const { files } = await openSide("speech", { kind: "stored", key }, {});
  return async (path) => {
    if (!files.files.some((file) => file.path === path)) return null;
    const reader = await files.open(path);
    return new Uint8Array(await reader.read(0, reader.byteLength));
  };
}
