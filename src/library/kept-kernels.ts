import { writeFile } from "../storage/file-store.ts";
import { openOpfsStore } from "../storage/opfs-store.ts";

const path = "kernels.json";

/** Which kernels were found to be fastest, kept beside the models; nothing is kept where the browser refuses its storage. */
export const keptKernels = {
  async read(): Promise<string | null> {
    const store = await openOpfsStore();
    return (await (await store?.read(path))?.text()) ?? null;
  },
  /** @throws AuroraError `StorageFull` */
  async write(text: string): Promise<void> {
    const store = await openOpfsStore();
    if (store) await writeFile(store, path, new TextEncoder().encode(text));
  },
};
