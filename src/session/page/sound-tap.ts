import { AuroraError } from "../../errors.ts";

/** The sound of a track on its way to a worker. */
export type SoundTap = {
  /** Gives blocks of samples, and null at the end; to be transferred. */
  readonly port: MessagePort;
  readonly rate: number;
  /** Whether what comes is passed over. */
  mute(on: boolean): void;
  /** Ends it: the worker is told that no more comes. */
  end(): void;
};

/**
 * Takes the samples of a live sound track, without being heard.
 *
 * @param assets the folder that the app's own files lie in
 * @throws AuroraError `AudioUnreadable` where the browser gives none
 */
export async function tapSound(track: MediaStreamTrack, assets: string): Promise<SoundTap> {
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule(new URL("sound-tap.js", assets));
    await context.resume();
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const tap = new AudioWorkletNode(context, "sound-tap", { numberOfOutputs: 0 });
    const { port1, port2 } = new MessageChannel();
    const end = new MessageChannel();
    source.connect(tap);
    // Two ends speak to the worker: the tap itself, and this page, which knows when it is over.
    let muted = false;
    port1.onmessage = ({ data }) => {
      if (!muted) end.port1.postMessage(data);
    };
    tap.port.postMessage(port2, [port2]);
    port1.start();
    let over = false;
    const stop = () => {
      if (over) return;
      over = true;
      end.port1.postMessage(null);
      source.disconnect();
      void context.close();
    };
    track.addEventListener("ended", stop, { once: true });
    const mute = (on: boolean) => {
      muted = on;
    };
    return { port: end.port2, rate: context.sampleRate, mute, end: stop };
  } catch (error) {
    void context.close();
    throw new AuroraError(
      "AudioUnreadable",
      "This browser gives no sound of a microphone or a shared tab to this page. Use a recent Chrome, Edge, Firefox or Safari.",
      error,
    );
  }
}
