import { createBytesReader } from "../bytes/blob-reader.ts";
import { downloadBytes } from "../bytes/download-blob.ts";
import { wrongLength } from "../bytes/download-errors.ts";
import type { HttpOptions } from "../bytes/http.ts";
import type { RangeReader } from "../bytes/range-reader.ts";
import { createReadAhead } from "../bytes/read-ahead.ts";
import { createUrlReader } from "../bytes/url-reader.ts";
import { AuroraError } from "../errors.ts";
import { isRecord } from "../model/fields.ts";
import type { FileSet } from "../model/file-set.ts";
import { isWeightFile, selectModelFiles } from "../model/select-files.ts";
import type { Checksum } from "./checksum.ts";
import { hubSubject, type RemoteFile } from "./download.ts";
import { otherKind, parseHubId } from "./hub-id.ts";

/** Where models are asked for unless said otherwise. */
const huggingFace = "https://huggingface.co";

/** A repository on the hub at one commit. */
export type HubRepository = {
  /** `owner/name`, as the hub writes it. */
  readonly id: string;
  /** 40 hex digits: what is loaded never changes under it. */
  readonly commit: string;
  /** As its authors state it; "unknown" where they do not. */
  readonly license: string;
  readonly host: string;
  /** The file of weights whose address was given, so that those beside it are left out; null where an id was. */
  readonly chosen: string | null;
  /** Those that can be part of a model, with lengths and checksums. */
  readonly files: readonly RemoteFile[];
};

/** Which repository to look at, where. */
export type HubAddress = {
  /** `owner/name`, or the address of its page or of one of its files. */
  readonly id: string;
  /** Branch, tag or commit; `main` unless given. */
  readonly revision?: string;
  /** The hub's origin; Hugging Face unless given. */
  readonly hub?: string;
};

/**
 * Reads a repository's list of files (https://huggingface.co/docs/hub/api), pinned to the commit that the revision means now.
 *
 * @throws AuroraError `ModelNotFound`, `DownloadFailed` or `Aborted`
 */
export async function listHubRepository(address: HubAddress, options: HttpOptions = {}): Promise<HubRepository> {
  const origin = new URL(address.hub ?? huggingFace).origin;
  const { id, branch, file } = parseHubId(address.id, origin);
  const revision = encodeURIComponent(address.revision ?? branch ?? "main");
  const api = new URL(`${origin}/api/models/${id}/revision/${revision}?blobs=true`);
  const bytes = await downloadBytes(api, hubSubject(`model ${id}`), options).catch(async (error: unknown) => {
    throw (await nameOtherKind(error, origin, id, options)) ?? error;
  });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw badList(api, id, error);
  }
  refuseGated(json, api.host, id);
  return chooseFile(
    parseRepository(json, origin, id, () => badList(api, id)),
    file,
  );
}

/** One file of weights out of several that lie side by side, as some repositories have all sizes of a model. */
function chooseFile(repository: HubRepository, file: string | null): HubRepository {
  const found = repository.files.find(({ path }) => path === file);
  if (!found || !isWeightFile(nameOf(found.path)) || isShard.test(found.path)) return repository;
  const isBeside = (path: string) => folderOf(path) === folderOf(found.path) && isWeightFile(nameOf(path));
  const files = repository.files.filter((each) => each === found || !isBeside(each.path));
  return { ...repository, chosen: found.path, files };
}

const isShard = /-\d+-of-\d+\.\w+$/;
const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** A gated repository lists its files to everybody, and gives them to those only who are signed in and were let in. */
function refuseGated(json: unknown, host: string, id: string): void {
  if (!isRecord(json) || (json.private !== true && (json.gated === undefined || json.gated === false))) return;
  const who = json.private === true ? "its owners" : "people who asked its authors";
  const advice = "Sign in there and accept its terms, download the files and pick them from your disk";
  throw new AuroraError("DownloadFailed", `${host} gives ${id} only to ${who}. ${advice}.`);
}

/** Where there is no model of an id: whether there is something else of it, as a sentence; null for nothing. */
async function nameOtherKind(error: unknown, origin: string, id: string, options: HttpOptions) {
  // A hub answers 401 for what is not there too, so as not to tell what is private.
  const isMissing = error instanceof AuroraError && /\bstatus 40[134]\b/.test(error.message);
  if (!isMissing) return null;
  for (const kind of ["dataset", "space"] as const) {
    const api = new URL(`${origin}/api/${kind}s/${id}`);
    const found = await downloadBytes(api, hubSubject(`${kind} ${id}`), options).catch(() => null);
    if (found) return otherKind(id, kind);
  }
  return null;
}

function parseRepository(json: unknown, origin: string, asked: string, bad: () => AuroraError): HubRepository {
  if (!isRecord(json) || typeof json.sha !== "string" || !/^[0-9a-f]{40}$/.test(json.sha)) throw bad();
  if (!Array.isArray(json.siblings)) throw bad();
  const id = typeof json.id === "string" ? parseHubId(json.id, origin).id : asked;
  const base = `${origin}/${id}/resolve/${json.sha}/`;
  const files = selectModelFiles(json.siblings.map((entry) => parseFile(entry, base, bad)));
  const card = isRecord(json.cardData) ? json.cardData : {};
  return {
    id,
    commit: json.sha,
    license: typeof card.license === "string" ? card.license : "unknown",
    host: new URL(origin).host,
    chosen: null,
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function parseFile(entry: unknown, base: string, bad: () => AuroraError): RemoteFile {
  if (!isRecord(entry) || typeof entry.rfilename !== "string") throw bad();
  const { rfilename: path, size, blobId, lfs } = entry;
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\\"))) throw bad();
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw bad();
  const url = new URL(base + parts.map(encodeURIComponent).join("/"));
  return { path, url, byteLength: size, checksum: parseChecksum(blobId, lfs) };
}

/** Large files have their own SHA-256; Git's id of a small one is a hash of its content. */
function parseChecksum(blobId: unknown, lfs: unknown): Checksum | null {
  if (isRecord(lfs)) {
    const sha256 = typeof lfs.sha256 === "string" ? lfs.sha256 : lfs.oid;
    return typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) ? { kind: "sha256", hex: sha256 } : null;
  }
  return typeof blobId === "string" && /^[0-9a-f]{40}$/.test(blobId) ? { kind: "git-blob", hex: blobId } : null;
}

/** A repository's files, read by ranges without being kept. */
export type HubFileSet = FileSet & {
  /** False once the server sent a whole file where a part of it was asked for. */
  readonly servesRanges: boolean;
};

/** Shorter files, as all configurations are, are read whole. */
const wholeBytes = 256 << 10;
/** The descriptions of weights lie together. */
const readAheadBytes = 256 << 10;

/** The files of a repository for looking at them before they are downloaded. Errors of `open` and its readers: as `downloadFile`. */
export function createHubFileSet(repository: HubRepository, options: HttpOptions = {}): HubFileSet {
  let servesRanges = true;
  return {
    label: repository.id,
    files: repository.files.map(({ path, byteLength, checksum }) => ({
      path,
      byteLength,
      sha256: checksum?.kind === "sha256" ? checksum.hex : null,
    })),
    get servesRanges() {
      return servesRanges;
    },
    async open(path) {
      const file = repository.files.find((each) => each.path === path);
      if (!file) throw new AuroraError("ModelNotFound", `${repository.id} has no file ${path}. Choose another model.`);
      if (file.byteLength <= wholeBytes) return readWhole(file, options);
      const refuseWhole = () => {
        servesRanges = false;
        const problem = `${file.url.host} does not send parts of files`;
        return new AuroraError("DownloadFailed", `${problem}. Load the model without looking at it first.`);
      };
      const { url, byteLength } = file;
      const reader = createUrlReader({ url, subject: hubSubject(path), byteLength }, { ...options, refuseWhole });
      return createReadAhead(reader, readAheadBytes);
    },
  };
}

async function readWhole({ url, path, byteLength }: RemoteFile, options: HttpOptions): Promise<RangeReader> {
  const bytes = await downloadBytes(url, hubSubject(path), options);
  if (bytes.length !== byteLength) throw wrongLength(url, hubSubject(path), byteLength, bytes.length);
  return createBytesReader(path, bytes);
}

function badList(api: URL, id: string, cause?: unknown): AuroraError {
  const message = `${api.host} answered with something else than the list of files of ${id}. Try again in a while.`;
  return new AuroraError("DownloadFailed", message, cause);
}
