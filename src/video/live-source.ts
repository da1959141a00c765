import { AuroraError } from "../errors.ts";
import { countFrame } from "./frame-count.ts";
import type { FrameOptions, FrameSource, LiveSource, Medium, Sampling, WatchedFrame } from "./frame-source.ts";
import { asStored } from "./frame-turn.ts";
import { createNewestFrame, type NewestFrame } from "./newest-frame.ts";

/**
 * Opens a camera or a screen, in the worker that its frames were transferred to; waits for the first.
 *
 * @param sampling a rate; what has no end cannot be divided by a number of frames
 * @throws AuroraError `CaptureEnded` or `Aborted`
 */
export async function openLive(source: LiveSource, sampling: Sampling, signal: AbortSignal): Promise<FrameSource> {
  const fps = "fps" in sampling ? sampling.fps : 1;
  const newest = createNewestFrame(fps);
  const arrivals =
    source.frames instanceof ReadableStream ? fromStream(source, newest, fps) : fromPort(source, newest, fps);
  const stop = () => {
    arrivals.stop();
    newest.end();
    newest.rest();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const first = await newest.next();
  if (!first) throw signal.aborted ? new AuroraError("Aborted", "Stopped.") : captureEnded(source);
  const { displayWidth: width, displayHeight: height } = first.frame;

  let opening: typeof first | null = first;
  async function* frames({ onDropped }: FrameOptions): AsyncGenerator<WatchedFrame, void, void> {
    for (let next = opening; next; next = await newest.next()) {
      opening = null;
      onDropped?.(next.dropped);
      yield { ...asStored(next.frame), timestampSeconds: next.seconds, index: next.index };
    }
    throw signal.aborted ? new AuroraError("Aborted", "Stopped.") : captureEnded(source);
  }

  return {
    info: {
      name: source.name,
      container: source.medium === "camera" ? "Camera" : "Screen",
      codec: "",
      width,
      height,
      durationSeconds: 0,
      live: source.medium,
    },
    sound: null,
    plan: () => null,
    frames,
    rest: newest.rest,
    close() {
      signal.removeEventListener("abort", stop);
      opening?.frame.close();
      opening = null;
      stop();
    },
  };
}

const endings: Record<Medium, string> = {
  camera: "The camera is gone: it was unplugged, or another program took it. Connect it and press Camera to go on.",
  screen: "The screen is not shared any more. Press Screen to share it again.",
};

function captureEnded({ medium }: LiveSource): AuroraError {
  return new AuroraError("CaptureEnded", `${endings[medium]} What was seen until then is remembered.`);
}

type Arrivals = { stop(): void };

/** Frames that come by themselves. A screen sends none while nothing moves on it: then its last one is taken again. */
function fromStream({ frames, medium }: LiveSource, newest: NewestFrame, fps: number): Arrivals {
  const reader = (frames as ReadableStream<VideoFrame>).getReader();
  let shown: { readonly frame: VideoFrame; readonly atMs: number } | null = null;

  function show(frame: VideoFrame) {
    if (medium !== "screen") return;
    shown?.frame.close();
    shown = { frame: countFrame(frame.clone()), atMs: performance.now() };
  }

  function repeat() {
    if (!shown || performance.now() - shown.atMs < 900 / fps) return;
    const timestamp = shown.frame.timestamp + Math.round((performance.now() - shown.atMs) * 1000);
    const again = countFrame(new VideoFrame(shown.frame, { timestamp }));
    show(again);
    newest.offer(again);
  }

  async function read() {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return newest.end();
      const frame = countFrame(value);
      show(frame);
      newest.offer(frame);
    }
  }

  const timer = setInterval(repeat, 1000 / fps);
  const stop = () => {
    clearInterval(timer);
    shown?.frame.close();
    shown = null;
  };
  read()
    .catch(() => newest.end())
    .finally(stop);
  return {
    stop() {
      stop();
      reader.cancel().catch(() => undefined); // it ended by itself
    },
  };
}

/** Frames that the page takes from a playing picture when it is asked. */
function fromPort({ frames }: LiveSource, newest: NewestFrame, fps: number): Arrivals {
  const port = frames as MessagePort;
  const begin = performance.now();
  const due = () => port.postMessage("frame");
  port.onmessage = ({ data }: MessageEvent<VideoFrame | "ended">) => {
    if (data === "ended") return newest.end();
    const timestamp = Math.round((performance.now() - begin) * 1000);
    newest.offer(countFrame(new VideoFrame(data, { timestamp })));
    data.close();
  };
  due();
  // Twice as often as frames are wanted, so that none is missed by the timer's wavering.
  const timer = setInterval(due, 500 / fps);
  return {
    stop() {
      clearInterval(timer);
      port.postMessage("stop");
      port.close();
    },
  };
}
