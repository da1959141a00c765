import { createBlobBuilder } from "./blob-builder.ts";
import type { Subject } from "./download-errors.ts";
import type { HttpOptions } from "./http.ts";
import { type Receiving, receiveFile } from "./receive-file.ts";

/**
 * Downloads a file that may change, whole. Goes on after a broken connection from where it broke.
 *
 * @throws AuroraError `DownloadFailed`, the subject's code where there is no such file, or `Aborted`
 */
export async function downloadBlob(
  url: URL,
  subject: Subject,
  options: HttpOptions,
  receiving: Receiving = {},
): Promise<Blob> {
  const content = createBlobBuilder();
  const sink = {
    get byteLength() {
      return content.byteLength;
    },
    append: async (bytes: Uint8Array) => content.append(bytes),
    clear: async () => content.truncate(0),
  };
  await receiveFile({ url, subject, byteLength: null, pinned: false }, sink, options, receiving);
  return content.blob();
}

/** The content of a small file. @throws as `downloadBlob` */
export async function downloadBytes(
  url: URL,
  subject: Subject,
  options: HttpOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await downloadBlob(url, subject, options)).arrayBuffer());
}
