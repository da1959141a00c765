import { requestBytes, withRetries } from "../bytes/http.ts";

/** Files that come with the app and that checkpoints may lack. */
export type ModelAssets = {
  /** The tokenizer that all RWKV "World" models share. @throws AuroraError `DownloadFailed`, `ModelNotFound` or `Aborted` */
  worldVocabulary(): Promise<Uint8Array>;
};

const worldVocabulary = "tokenizers/rwkv_vocab_v20230424.txt";

/** @param appUrl the folder that the app's own files lie in */
export function createAssets(appUrl: string, signal?: AbortSignal): ModelAssets {
  const options = signal ? { signal } : {};
  return {
    async worldVocabulary() {
      const url = new URL(worldVocabulary, appUrl);
      return (await withRetries(() => requestBytes(url, worldVocabulary, {}, options), options)).bytes;
    },
  };
}

/** The folder that the app's own files lie in, known on the page only. */
export function appUrl(): string {
  return new URL(import.meta.env.BASE_URL, document.baseURI).href;
}
