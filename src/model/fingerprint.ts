import { sha256 } from "./sha256.ts";
import type { TensorSource } from "./tensors.ts";

/** Tensors whose bytes count; larger ones are told apart well enough by the many small ones beside them. */
const smallBytes = 1 << 16;

/** What tells one model from another, taken from its tensors while they are read for their own sake. */
export type Fingerprint = {
  /** The tensors, to be read instead of those that were given. */
  readonly tensors: TensorSource;
  /**
   * SHA-256 of the index of all that was read: names, types and shapes of every tensor, and the digests of the small ones
   * that were read whole (norms, biases, mixes), which no two trainings leave alike.
   */
  digest(): Promise<string>;
};

export function createFingerprint(tensors: TensorSource): Fingerprint {
  const digests = new Map<string, Promise<string>>();
  return {
    tensors: {
      ...tensors,
      async read(name, rows) {
        const tensor = await tensors.read(name, rows);
        const small = rows === undefined && tensor.bytes.byteLength <= smallBytes;
        // A copy, as a view's buffer may be larger than it, and shared.
        if (small && !digests.has(name)) digests.set(name, sha256(tensor.bytes.slice()));
        return tensor;
      },
    },
    async digest() {
      const lines = await Promise.all(
        [...tensors.names].sort().map(async (name) => {
          const { dtype, shape } = tensors.info(name) ?? {};
          return JSON.stringify([name, dtype, shape, (await digests.get(name)) ?? null]);
        }),
      );
      return sha256(new TextEncoder().encode(lines.join("\n")));
    },
  };
}
