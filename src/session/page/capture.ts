import { AuroraError } from "../../errors.ts";
import type { Medium } from "../types.ts";

/**
 * Asks the person for the microphone. Whoever calls stops it.
 *
 * @throws AuroraError as `openCapture`
 */
export async function openMicrophone(): Promise<MediaStreamTrack> {
  const devices = navigator.mediaDevices as Partial<MediaDevices> | undefined;
  try {
    const track = (await devices?.getUserMedia?.({ audio: true }))?.getAudioTracks()[0];
    if (track) return track;
  } catch (error) {
    throw describe("microphone", error);
  }
  throw new AuroraError("CaptureUnavailable", devices ? missing.microphone : insecure);
}

/**
 * Asks the person for the camera or the screen. Whoever calls stops the tracks of what comes back.
 *
 * @throws AuroraError `CaptureDenied` where it is refused, `CaptureUnavailable` where there is none to be had
 */
export async function openCapture(medium: Medium): Promise<MediaStream> {
  const devices = navigator.mediaDevices as Partial<MediaDevices> | undefined;
  try {
    if (medium === "screen" && devices?.getDisplayMedia)
      return await devices.getDisplayMedia({ video: true, audio: true });
    if (medium === "camera" && devices?.getUserMedia)
      return await devices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: { ideal: "environment" } } });
  } catch (error) {
    throw describe(medium, error);
  }
  throw new AuroraError("CaptureUnavailable", devices ? missing[medium] : insecure);
}

const insecure = "The browser gives no camera or screen to a page without https. Open it by https, or from localhost.";

type Device = Medium | "microphone";

const missing: Record<Device, string> = {
  microphone: "This browser gives no microphone to pages. Use another one.",
  camera: "This browser gives no camera to pages. Use another one, or choose a video file.",
  screen: "This browser cannot share the screen. Use one on a computer, or choose a recording of it.",
};

const refused: Record<Device, string> = {
  microphone:
    "The browser was not allowed to use the microphone. Allow it in the address bar's site settings, or in the system's privacy settings, and tick Listen again.",
  camera:
    "The browser was not allowed to use the camera. Allow it in the address bar's site settings, or in the system's privacy settings, and press Camera again.",
  screen: "The screen was not shared: the choice was cancelled, or not allowed. Press Screen to choose again.",
};

function describe(medium: Device, error: unknown): AuroraError {
  const name = error instanceof Error ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new AuroraError("CaptureDenied", refused[medium], error);
    case "NotFoundError":
    case "OverconstrainedError":
      return new AuroraError("CaptureUnavailable", `No ${medium} was found. Connect one and try again.`, error);
    case "NotReadableError":
    case "AbortError":
      return new AuroraError(
        "CaptureUnavailable",
        `The ${medium} gives ${medium === "microphone" ? "no sound" : "no picture"}: another program may be using it. Close that and try again.`,
        error,
      );
    default:
      return new AuroraError("CaptureUnavailable", `The ${medium} could not be opened. Try again.`, error);
  }
}
