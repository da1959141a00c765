/**
 * The ways in which this app can fail that a person can do something about. `BadRequest` is for whoever calls: an option
 * that makes no sense. `Unexpected` is a mistake of ours.
 */
export type ErrorCode =
  | "WebGpuUnavailable"
  | "AdapterTooSmall"
  | "DeviceLost"
  | "ModelNotFound"
  | "ModelCorrupt"
  | "ModelUnsupported"
  | "DownloadFailed"
  | "StorageFull"
  | "VideoUnreadable"
  | "CodecUnsupported"
  | "NoVideoTrack"
  | "AudioUnreadable"
  | "OutOfMemory"
  | "MemoryUnreadable"
  | "MemoryOfAnotherModel"
  | "CaptureDenied"
  | "CaptureUnavailable"
  | "CaptureEnded"
  | "BadRequest"
  | "Aborted"
  | "Unexpected";

/** An error as plain data, to cross a worker boundary or to be printed as JSON. `cause` is for the log. */
export type ErrorData = { readonly code: ErrorCode; readonly message: string; readonly cause: string | null };

/** A typed error: `code` for programs, `message` is one or two sentences for the person, `cause` is for the log. */
export class AuroraError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = code;
    this.code = code;
  }

  /** The error as plain data. */
  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      cause: this.cause === undefined ? null : describeCause(this.cause),
    };
  }

  static fromData(data: ErrorData): AuroraError {
    return new AuroraError(data.code, data.message, data.cause ?? undefined);
  }
}

/** Any thrown value as a typed error: typed ones unchanged, aborts as `Aborted`, all else as `fallback`. */
export function toAuroraError(error: unknown, fallback: ErrorCode, message: string): AuroraError {
  if (error instanceof AuroraError) return error;
  if (error instanceof Error && error.name === "AbortError") return new AuroraError("Aborted", "Stopped.", error);
  return new AuroraError(fallback, message, error);
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

/** Throws an internal error (a mistake of ours, not of the person's) when `condition` does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
