import { AuroraError } from "../../src/errors.ts";
import { createListening } from "../../src/session/page/listening.ts";
import { createSnapshotStore } from "../../src/session/page/snapshot-store.ts";
import type { Transcript, TranscriptLine } from "../../src/session/types.ts";
import { downloadVideo } from "../../src/video/download-video.ts";
import { openVideo } from "../../src/video/open-video.ts";

export type ListenCommand = {
  /** Address of the video; null when it is the first of the files. */
  readonly url: string | null;
};

export type ListenResult = {
  readonly lines: readonly TranscriptLine[];
  /** Where the sound ends; null where the file does not tell. */
  readonly durationSeconds: number | null;
  /** False for a video without sound. */
  readonly hasSound: boolean;
  readonly listenMs: number;
};

/** Writes down what is said in a video, without watching it: that takes no model that sees. */
export async function listen({ url }: ListenCommand, files: readonly File[]): Promise<ListenResult> {
  const file = url === null ? files[0] : await downloadVideo(url);
  if (!file) throw new AuroraError("VideoUnreadable", "No video was given.");
  const video = await openVideo(file);
  video.close();
  const start = performance.now();
  const { lines, durationSeconds, status } = await hear(file, video.clock);
  return { lines, durationSeconds, hasSound: status !== "no-sound", listenMs: performance.now() - start };
}

/** Listens to the end. @throws the transcript's error */
function hear(file: Blob, clock: Awaited<ReturnType<typeof openVideo>>["clock"]): Promise<Transcript> {
  const store = createSnapshotStore(0);
  const listening = createListening(store, { on: true, assets: new URL("/", location.href).href });
  return new Promise((resolve, reject) => {
    store.subscribe(() => {
      const { transcript } = store.snapshot;
      if (transcript.status === "failed" && transcript.error) reject(AuroraError.fromData(transcript.error));
      if (transcript.status === "done" || transcript.status === "no-sound") resolve(transcript);
    });
    listening.offer(clock && { file, clock });
  });
}
