import { openSessionFiles } from "../../../src/storage/session-files.ts";

/** What a session saves: so many bytes of one value. */
export type SaveOrder = { readonly id: string; readonly value: number; readonly length: number };

let files: ReturnType<typeof openSessionFiles> | null = null;

self.onmessage = async ({ data: { id, value, length } }: MessageEvent<SaveOrder>) => {
  files ??= openSessionFiles(id);
  const opened = await files;
  await opened?.write(new Uint8Array(length).fill(value));
  self.postMessage(opened !== null);
};
