import type { RangeReader } from "../bytes/range-reader.ts";

/** A file as its source lists it. Lengths and hashes are null where the source does not tell them. */
export type FileInfo = {
  /** Relative to the folder, "/" between its parts, e.g. `visual_encoder/model.safetensors`. */
  readonly path: string;
  readonly byteLength: number | null;
  /** SHA-256 of the content, 64 lower-case hex digits. */
  readonly sha256: string | null;
};

/** The files of a checkpoint or model folder: on a server, picked by a person, stored by the browser, or on Node's disk. */
export type FileSet = {
  /** Where the files come from, for messages. */
  readonly label: string;
  readonly files: readonly FileInfo[];
  /** Opens a listed file for reading parts of it. @throws AuroraError `DownloadFailed`, `ModelNotFound`, `Aborted` */
  open(path: string): Promise<RangeReader>;
};
