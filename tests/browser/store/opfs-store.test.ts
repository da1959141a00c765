import { expect, it } from "vitest";
import { openOpfsStore } from "../../../src/storage/opfs-store.ts";
import { expectedOfStore } from "../../exercise-store.ts";

it("does what every store does, in a worker", async () => {
  const worker = new Worker(new URL("./store-worker.ts", import.meta.url), { type: "module" });
  const seen = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage("go");
  });
  worker.terminate();
  expect(seen).toEqual(expectedOfStore);
});

it("is refused where the browser refuses its storage", async () => {
  const { getDirectory } = navigator.storage;
  navigator.storage.getDirectory = () => Promise.reject(new DOMException("private window", "SecurityError"));
  expect(await openOpfsStore()).toBeNull();
  navigator.storage.getDirectory = getDirectory;
  expect((await openOpfsStore())?.place).toBe("disk");
});
