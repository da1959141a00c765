import { downloadBytes } from "../bytes/download-blob.ts";
import type { Subject } from "../bytes/download-errors.ts";

/** Files that come with the app and that checkpoints may lack. */
export type ModelAssets = {
  /** The tokenizer that all RWKV "World" models share. @throws AuroraError `DownloadFailed`, `ModelNotFound` or `Aborted` */
  worldVocabulary(): Promise<Uint8Array>;
};

/** Reads files that come with the app. */
export type AppFiles = {
  /** @param path below the app's own folder @throws AuroraError `DownloadFailed`, `ModelNotFound` or `Aborted` */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
};

const worldVocabulary = "tokenizers/rwkv_vocab_v20230424.txt";

const subject = (name: string): Subject => ({
  name,
  advice: {
    page: "The app is not whole: reload the page.",
    forbidden: "The app is not whole: reload the page.",
    missing: "The app is not whole: reload the page.",
    missingCode: "ModelNotFound",
    keeps: false,
  },
});

/** @param appUrl the folder that the app's own files lie in */
export function createAssets(appUrl: string, signal?: AbortSignal): ModelAssets {
  const files = openAppFiles(appUrl, signal);
  return { worldVocabulary: () => files.read(worldVocabulary) };
}

/** @param appUrl the folder that the app's own files lie in */
export function openAppFiles(appUrl: string, signal?: AbortSignal): AppFiles {
  const options = signal ? { signal } : {};
  return { read: (path) => downloadBytes(new URL(path, appUrl), subject(path), options) };
}

/** The folder that the app's own files lie in, known on the page only. */
export function appUrl(): string {
  return new URL(import.meta.env.BASE_URL, document.baseURI).href;
}
