import { downloadBlob } from "../bytes/download-blob.ts";
import type { HttpOptions } from "../bytes/http.ts";
import { AuroraError } from "../errors.ts";

const unreached = "Check the address and the connection; the server must allow other sites to read it (CORS).";
const otherWay = "Download it with your browser and choose the file.";

/**
 * Downloads a video by its address, whole.
 *
 * @param address where relative, to the page's or worker's own
 * @throws AuroraError `DownloadFailed` or `Aborted`
 */
export async function downloadVideo(
  address: string,
  options: HttpOptions = {},
  onProgress?: (loadedBytes: number, totalBytes: number | null) => void,
): Promise<Blob> {
  const base = typeof location === "undefined" ? undefined : location.href;
  if (!URL.canParse(address, base)) {
    throw new AuroraError("DownloadFailed", `"${address}" is no web address. Check the address.`);
  }
  const url = new URL(address, base);
  const name = url.pathname.slice(url.pathname.lastIndexOf("/") + 1) || "the video";
  const advice = {
    unreached,
    page: "Give the address of the video file itself; or look whether this network asks you to sign in first.",
    forbidden: otherWay,
    missing: "Check the address.",
    missingCode: "DownloadFailed",
    keeps: false,
  } as const;
  return downloadBlob(url, { name, advice }, { ...options, cached: true }, onProgress ? { onProgress } : {});
}
