import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** What a file's content should hash to: as SHA-256, or as the id that Git gives it (SHA-1 with a header). */
export type Checksum = { readonly kind: "sha256" | "git-blob"; readonly hex: string };

/** Hashes a file while it arrives. */
export type FileHash = {
  update(bytes: Uint8Array): void;
  /** Ends it. `matches` is null where there was no checksum to compare with. */
  finish(): { readonly sha256: string; readonly matches: boolean | null };
};

/** @param byteLength the file's, which is part of Git's id */
export function createFileHash(checksum: Checksum | null, byteLength: number): FileHash {
  const whole = sha256.create();
  const git = checksum?.kind === "git-blob" ? sha1.create().update(utf8ToBytes(`blob ${byteLength}\0`)) : null;
  return {
    update(bytes) {
      whole.update(bytes);
      git?.update(bytes);
    },
    finish() {
      const hex = bytesToHex(whole.digest());
      const found = git ? bytesToHex(git.digest()) : hex;
      return { sha256: hex, matches: checksum ? found === checksum.hex : null };
    },
  };
}
