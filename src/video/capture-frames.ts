import { AuroraError } from "../errors.ts";
import type { LiveSource } from "./frame-source.ts";

/** Gives the frames of a track as a stream. Not in all browsers; in Chromium's on the page alone. */
type TrackProcessor = new (options: { track: MediaStreamTrack }) => { readonly readable: ReadableStream<VideoFrame> };

/**
 * A live picture as the worker takes it. On the page; whoever made `stream` stops its tracks.
 *
 * @throws AuroraError `NoVideoTrack`, `CaptureEnded`, or `CaptureUnavailable` where the browser gives no frames
 */
export function captureFrames(stream: MediaStream): LiveSource {
  const track = stream.getVideoTracks()[0];
  if (!track) throw new AuroraError("NoVideoTrack", "There is no picture in it. Choose a camera or a screen.");
  const medium = "displaySurface" in track.getSettings() ? "screen" : "camera";
  if (track.readyState === "ended")
    throw new AuroraError("CaptureEnded", "It has ended already. Choose the camera or the screen again.");
  return { kind: "live", medium, name: track.label || medium, frames: streamOf(track) ?? playedFrames(track) };
}

function streamOf(track: MediaStreamTrack): ReadableStream<VideoFrame> | null {
  const Processor = (globalThis as { MediaStreamTrackProcessor?: TrackProcessor }).MediaStreamTrackProcessor;
  return Processor ? new Processor({ track }).readable : null;
}

/** Plays the track unseen, and gives what it shows to whoever asks at the other end of the port. */
function playedFrames(track: MediaStreamTrack): MessagePort {
  if (typeof VideoFrame === "undefined") {
    throw new AuroraError(
      "CaptureUnavailable",
      "This browser gives no frames of a camera or a screen. Use a recent Chrome, Edge, Firefox or Safari.",
    );
  }
  const { port1: port, port2 } = new MessageChannel();
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  void video.play().catch(() => undefined); // frames are asked for again until it plays
  track.addEventListener("ended", () => port.postMessage("ended"));
  port.onmessage = ({ data }: MessageEvent<"frame" | "stop">) => {
    if (data === "stop") {
      video.srcObject = null;
      return port.close();
    }
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const frame = new VideoFrame(video, { timestamp: 0 });
    port.postMessage(frame, [frame]);
  };
  return port2;
}
