import { openSpillFile, type SpillFile } from "../../../src/storage/spill-file.ts";
import { isFull } from "../../../src/storage/storage-full.ts";

/** What the worker is asked to do; it answers each order with one message. */
export type SpillOrder = { readonly write: number } | "read" | "remove";

let file: SpillFile | null = null;

async function carryOut(order: SpillOrder): Promise<unknown> {
  file ??= await openSpillFile();
  if (order === "read") {
    const bytes = new Uint8Array(4);
    return file.read(bytes, { at: 2 }) === bytes.length ? [...bytes] : null;
  }
  if (order === "remove") {
    file.close();
    return file.remove();
  }
  return file.write(
    Uint8Array.from({ length: order.write }, (_, i) => i % 251),
    { at: 0 },
  );
}

self.onmessage = async ({ data }: MessageEvent<SpillOrder>) => {
  const answer = await carryOut(data).catch((error: unknown) => (isFull(error) ? "full" : String(error)));
  self.postMessage(answer);
};
