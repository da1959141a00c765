import type { Medium } from "../../session/types.ts";
import { Icon } from "../parts/Icon.tsx";

type CaptureButtonsProps = { readonly onCapture: (medium: Medium) => void; readonly quiet?: boolean };

/** Buttons that watch the camera or the screen. Phones have no screen to share, and no button for it. */
export function CaptureButtons({ onCapture, quiet = false }: CaptureButtonsProps) {
  const { mediaDevices } = navigator as { mediaDevices?: Partial<MediaDevices> };
  const sharesScreen = !mediaDevices || Boolean(mediaDevices.getDisplayMedia);
  const look = quiet ? "button button-ghost" : "button";
  return (
    <>
      <button type="button" className={look} onClick={() => onCapture("camera")}>
        <Icon name="camera" /> <span className="button-words">Camera</span>
      </button>
      {sharesScreen && (
        <button type="button" className={look} onClick={() => onCapture("screen")}>
          <Icon name="screen" /> <span className="button-words">Screen</span>
        </button>
      )}
    </>
  );
}
