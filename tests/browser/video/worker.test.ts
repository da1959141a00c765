import { expect, test } from "vitest";
import { media } from "./media.ts";

test.each(["h264-index-last.mp4", "vp9.webm", "moving.gif", "still.png"])(
  "%s is watched in a worker too",
  async (name) => {
    const worker = new Worker(new URL("./watch-worker.ts", import.meta.url), { type: "module" });
    try {
      const answer = new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
      });
      worker.postMessage(await media(name));
      const frames = name === "still.png" ? 1 : name === "moving.gif" ? 5 : 15;
      expect(await answer).toEqual({ numbers: Array.from({ length: frames }, (_, i) => i * 2), open: 0 });
    } finally {
      worker.terminate();
    }
  },
);
