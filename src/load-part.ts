import { AuroraError } from "./errors.ts";

/**
 * Loads a part of the app that not every visit needs.
 *
 * @param load imports it
 * @throws AuroraError `DownloadFailed`
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new AuroraError(
      "DownloadFailed",
      "A part of this app could not be loaded. Check the connection, then reload the page.",
      error,
    );
  }
}
