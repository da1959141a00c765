import { AuroraError } from "../errors.ts";

/** Whether an error says that a picked file is no longer what or where it was. */
export function isGone(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "NotReadableError" || error.name === "NotFoundError");
}

/** What a person is told of it. */
export function fileGone(cause: unknown): AuroraError {
  return new AuroraError(
    "VideoUnreadable",
    "The file can no longer be read: it was moved, changed or its disk was taken away. Open it again.",
    cause,
  );
}
