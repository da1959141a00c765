import { AuroraError } from "../errors.ts";
import { PassingFailure } from "./retry.ts";

/** What is asked of a server, as the sentences about it name it and what they advise. */
export type Subject = {
  /** A file's name or path, e.g. `model.safetensors`. */
  readonly name: string;
  readonly advice: Advice;
};

/** Sentences that say what a person can do about one kind of file. */
type Advice = {
  /** Where no server answers, if more than the connection may be wrong. */
  readonly unreached?: string;
  /** Where a web page comes in place of the file. */
  readonly page: string;
  /** Where the server gives the file to others only (401, 403). */
  readonly forbidden: string;
  /** Where there is no such file (404, 410), and the code of the error that says so. */
  readonly missing: string;
  readonly missingCode: "ModelNotFound" | "DownloadFailed";
  /** Whether what arrived is kept, so that the next try goes on from there. */
  readonly keeps: boolean;
};

/** The error for a server that does not answer. */
export function notReached(url: URL, { name, advice }: Subject, silent: boolean, cause: unknown): AuroraError {
  const problem = `${hostOf(url)} could not be reached for ${name}${silent ? ": it fell silent" : ""}`;
  const remedy = advice.unreached ?? `Check the connection and try again${tail(advice)}.`;
  return new AuroraError("DownloadFailed", `${problem}. ${remedy}`, cause);
}

/** The error for a connection that breaks. @param after e.g. `5 of 100 bytes` */
export function brokenOff(url: URL, { name, advice }: Subject, after: string, silent: boolean, cause: unknown) {
  const problem = `The download of ${name} from ${hostOf(url)} broke off after ${after}`;
  const reason = silent ? ": the server fell silent" : "";
  return new AuroraError(
    "DownloadFailed",
    `${problem}${reason}. Check the connection and try again${tail(advice)}.`,
    cause,
  );
}

/** The error for an answer that cannot be used, though another may. */
export function misled(url: URL, { name, advice }: Subject, problem: string): AuroraError {
  const message = `The download of ${name} from ${hostOf(url)} failed: ${problem}. Try again${tail(advice)}.`;
  return new AuroraError("DownloadFailed", message);
}

/** The error for content that is not what it should be. */
export function wrongContent(url: URL, { name }: Subject, problem: string): AuroraError {
  const message = `${hostOf(url)} sent a wrong ${name}: ${problem}. It was thrown away.`;
  return new AuroraError("DownloadFailed", `${message} Try again; if it happens again, the server is at fault.`);
}

/** The error for a part of a file that comes in another length. */
export function wrongLength(url: URL, { name }: Subject, expected: number, found: number): AuroraError {
  const problem = `${hostOf(url)} sent ${found} bytes of ${name} where ${expected} were expected`;
  return new AuroraError("DownloadFailed", `${problem}. Try again; if it happens again, the server is at fault.`);
}

/** What an answer that is not the file means. @param isPage whether it is a web page */
export function refusal(
  { status, statusText, headers, ok }: Response,
  url: URL,
  { name, advice }: Subject,
  isPage: boolean,
): PassingFailure | AuroraError {
  const host = hostOf(url);
  const failed = (problem: string) => new AuroraError("DownloadFailed", problem);
  if (ok && isPage) return failed(`${host} sent a web page in place of ${name}. ${advice.page}`);
  // Only model hubs say this.
  if (headers.get("x-error-code") === "GatedRepo") {
    return failed(
      `${host} gives ${name} only to people who asked its authors. Accept its terms there, download the files and pick them from your disk.`,
    );
  }
  const refused = `${host} refused ${name} with status ${status} ${statusText}`.trimEnd();
  if (status === 401 || status === 403) return failed(`${refused}. ${advice.forbidden}`);
  if (status === 404 || status === 410) {
    return new AuroraError(advice.missingCode, `${host} has no ${name} (status ${status}). ${advice.missing}`);
  }
  const waitMs = retryAfterMs(headers);
  if (status === 429) {
    const wait = waitMs === null ? "in a few minutes" : `in ${Math.ceil(waitMs / 60_000)} min`;
    const error = failed(
      `${host} has had too many requests from this network and paused ${name}. Try again ${wait}${tail(advice)}.`,
    );
    return new PassingFailure(error, { waitMs });
  }
  const error = failed(`${refused}. Try again in a while.`);
  return status >= 500 || status === 408 ? new PassingFailure(error, { waitMs }) : error;
}

/** What `Retry-After` asks to wait, in seconds or as a date; null where there is none. */
function retryAfterMs(headers: Headers): number | null {
  const value = headers.get("retry-after");
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

function tail({ keeps }: Advice): string {
  return keeps ? ": it goes on where it stopped" : "";
}

/** An address of another kind than the web's has no host. */
function hostOf(url: URL): string {
  return url.host || "This address";
}
