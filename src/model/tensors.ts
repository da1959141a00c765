/** A tensor of a checkpoint on the host: row-major, in the file's own type, little-endian. */
export type HostTensor = {
  readonly shape: readonly number[];
  readonly dtype: "F32" | "F16" | "BF16";
  readonly bytes: Uint8Array;
};

/** A checkpoint's tensors, read one at a time; nothing is kept after a read. */
export type TensorSource = {
  readonly names: readonly string[];
  /** Shape of a tensor, or null when there is none of this name. */
  shape(name: string): readonly number[] | null;
  /** Reads one tensor. @throws AuroraError `ModelCorrupt` when it is missing or its bytes are; network errors as `DownloadFailed`. */
  read(name: string): Promise<HostTensor>;
};
