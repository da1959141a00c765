/** A growing file in memory. */
export type BlobBuilder = {
  readonly byteLength: number;
  /** Adds a copy of `bytes` at the end. */
  append(bytes: Uint8Array): void;
  /** Cuts off what is longer than this. */
  truncate(byteLength: number): void;
  /** All of it as it is now. */
  blob(): Blob;
};

/** Pieces are joined into Blobs of this many bytes: browsers keep those outside of the page's memory. */
const blobBytes = 8 << 20;

export function createBlobBuilder(): BlobBuilder {
  let blobs: Blob[] = [];
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let pending = 0;
  let byteLength = 0;
  const join = () => {
    if (pending > 0) blobs.push(new Blob(pieces));
    pieces = [];
    pending = 0;
  };
  return {
    get byteLength() {
      return byteLength;
    },
    append(bytes) {
      pieces.push(new Uint8Array(bytes)); // a copy: the caller's may change
      pending += bytes.length;
      byteLength += bytes.length;
      if (pending >= blobBytes) join();
    },
    truncate(length) {
      join();
      blobs = [new Blob(blobs).slice(0, length)];
      byteLength = Math.min(byteLength, length);
    },
    blob() {
      join();
      return new Blob(blobs);
    },
  };
}
