import { openOpfsStore } from "../../../src/storage/opfs-store.ts";
import { exerciseStore } from "../../exercise-store.ts";

// Files can be written in workers only.
self.onmessage = async () => {
  const store = await openOpfsStore();
  self.postMessage(store ? await exerciseStore(store) : "refused");
};
