/** Access to parts of one file, wherever it lies. */
export type RangeReader = {
  /** The file's name, for messages. */
  readonly name: string;
  /** Length of the whole file. */
  readonly byteLength: number;
  /**
   * The bytes [begin, end), which lie inside the file; may share memory with other reads.
   * @throws AuroraError `DownloadFailed`, `Aborted`
   */
  read(begin: number, end: number): Promise<Uint8Array>;
};
