import type { ReactNode } from "react";
import { Icon } from "../parts/Icon.tsx";
import "./watch.css";

type TextOnlyProps = {
  readonly modelName: string;
  /** Name of the video that was chosen; null where none was. */
  readonly videoName: string | null;
  /** State of the model. */
  readonly status: ReactNode;
  readonly onChooseModel: () => void;
};

/** In the video's place while a model for text only is in use: that it cannot see, and the way to one that can. */
export function TextOnly({ modelName, videoName, status, onChooseModel }: TextOnlyProps) {
  return (
    <section className="workspace text-only" aria-label="Video">
      <div className="drop-zone">
        <h1>{modelName} cannot see</h1>
        <p>Chat with it here. No video, camera or screen is watched meanwhile.</p>
        {videoName !== null && <p role="status">{videoName} is watched once a model that sees is in use.</p>}
        <div className="drop-zone-ways">
          <button type="button" className="button" onClick={onChooseModel}>
            <Icon name="models" /> Choose a model that sees
          </button>
        </div>
        <div className="drop-zone-status">{status}</div>
      </div>
    </section>
  );
}
