import { sha256 } from "../model/sha256.ts";

/** SHA-256 of a model folder's files by name, 64 lower-case hex digits each. */
export type Digests = ReadonlyMap<string, string>;

/** The file that tells them, in its field `sha256`; its own is that of the file with zeros in its place. */
const teller = "config.json";

/** The digests that a `config.json` tells; null where it is no JSON. */
export function readDigests(config: Uint8Array): Digests | null {
  try {
    const json = JSON.parse(new TextDecoder().decode(config)) as { readonly sha256?: object } | null;
    return new Map(Object.entries(json?.sha256 ?? {}).filter(([, digest]) => /^[0-9a-f]{64}$/.test(String(digest))));
  } catch {
    return null;
  }
}

/** Whether a file's content is what `digests` say of it, or they say nothing. */
export async function isIntact(name: string, content: Uint8Array, digests: Digests): Promise<boolean> {
  const digest = digests.get(name);
  if (digest === undefined) return true;
  if (name !== teller) return (await sha256(content as Uint8Array<ArrayBuffer>)) === digest;
  const text = new TextDecoder().decode(content).replace(digest, "0".repeat(64));
  return (await sha256(new TextEncoder().encode(text))) === digest;
}
