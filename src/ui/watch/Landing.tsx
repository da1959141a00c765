import type { ReactNode } from "react";
import type { Medium } from "../../session/types.ts";
import { formatClock } from "../parts/format.ts";
import { Picker } from "../parts/Picker.tsx";
import { prefersStill } from "../settings/appearance.ts";
import { CaptureButtons } from "./CaptureButtons.tsx";
import { OpenMemory } from "./MemoryActions.tsx";
import { SavedSessions } from "./SavedSessions.tsx";
import { type Sample, samples, sampleUrl } from "./samples.ts";
import "./watch.css";

type LandingProps = {
  /** False where this browser cannot run the model at all: then only `status` shows, to tell why. */
  readonly usable: boolean;
  readonly onPick: (files: readonly File[]) => void;
  readonly onCapture: (medium: Medium) => void;
  readonly onOpenMemory: (file: File) => void;
  /** Opens what a session saved of itself; gives what the page's session saves itself as from then on, null where that did not work. */
  readonly onRestore: (file: Blob) => Promise<(() => string | null) | null>;
  readonly onSample: (sample: Sample) => void;
  /** State of the model. */
  readonly status: ReactNode;
  /** The box for questions. */
  readonly composer: ReactNode;
};

/** The page before there is a video: what this is, where to put one, and clips to try. */
export function Landing(props: LandingProps) {
  const { usable, onSample, onRestore, status, composer } = props;
  return (
    <main className="landing">
      <Hero />
      <section className="start" aria-label="Start">
        {usable && <DropZone {...props} />}
        {usable && <SavedSessions onOpen={onRestore} />}
        {usable ? composer : status}
      </section>
      {usable && <SampleList onSample={onSample} />}
    </main>
  );
}

function Hero() {
  return (
    <header className="hero">
      <h1>Ask anything of a video of any length.</h1>
      <p>
        It is watched right here, by this machine’s GPU, into a memory that never grows. <em>Nothing is uploaded.</em>
      </p>
    </header>
  );
}

type DropZoneProps = Pick<LandingProps, "onPick" | "onCapture" | "onOpenMemory" | "status">;

function DropZone({ onPick, onCapture, onOpenMemory, status }: DropZoneProps) {
  return (
    <div className="drop-zone">
      <h2>Drop a video anywhere</h2>
      <p>MP4, MOV, WebM, MKV, even a GIF. A clip, a folder of them, or a whole day.</p>
      <div className="drop-zone-ways">
        <Picker onPick={onPick} />
        <CaptureButtons onCapture={onCapture} />
        <OpenMemory onOpen={onOpenMemory} />
      </div>
      <div className="drop-zone-status">{status}</div>
    </div>
  );
}

function SampleList({ onSample }: Pick<LandingProps, "onSample">) {
  return (
    <section className="samples" aria-labelledby="samples-title">
      <h2 id="samples-title">Or start with one of these</h2>
      <ul>
        {samples.map((sample) => (
          <li key={sample.file}>
            <SampleButton sample={sample} onPress={() => onSample(sample)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function SampleButton({ sample, onPress }: { readonly sample: Sample; readonly onPress: () => void }) {
  return (
    <button type="button" className="sample" aria-label={`Sample: ${sample.title}`} onClick={onPress}>
      <span className="sample-picture">
        <video
          src={`${sampleUrl(sample)}#t=1.6`}
          muted
          loop
          playsInline
          preload="metadata"
          tabIndex={-1}
          aria-hidden="true"
          onMouseEnter={(event) => preview(event.currentTarget)}
          onMouseLeave={(event) => event.currentTarget.pause()}
        />
        <span className="sample-length" aria-hidden="true" data-length={formatClock(sample.seconds)} />
      </span>
      <span>{sample.title}</span>
    </button>
  );
}

function preview(video: HTMLVideoElement) {
  if (prefersStill()) return;
  // Refused where the browser saves data or power; the still picture serves as well.
  video.play().catch(() => undefined);
}
