import { openSound } from "../audio/open-sound.ts";
import { toAuroraError } from "../errors.ts";
import { builtInDetector, builtInRecogniser } from "./built-in.ts";
import { listen } from "./listen.ts";
import type { FromSpeech, ToSpeech } from "./protocol.ts";
import { createRecogniser, type Recogniser } from "./recogniser.ts";
import { createVoiceDetector } from "./voice-detector.ts";

/** The part of a dedicated worker's global scope that is used here; TypeScript's DOM library describes the window's. */
const port = globalThis as unknown as {
  postMessage(message: FromSpeech): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToSpeech>) => void): void;
};

let held = false;
let release: () => void = () => undefined;

port.addEventListener("message", ({ data }) => {
  switch (data.type) {
    case "listen":
      void run(data);
      break;
    case "pause":
      held = true;
      break;
    case "resume":
      held = false;
      release();
  }
});

/** Lets messages in, and waits while listening is held. */
async function gate(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  while (held) {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  }
}

async function run(request: Extract<ToSpeech, { type: "listen" }>): Promise<void> {
  try {
    await hear(request);
  } catch (error) {
    const typed = toAuroraError(
      error,
      "Unexpected",
      "Listening broke off through a mistake of this app. Listen again.",
    );
    port.postMessage({ type: "failed", error: typed.toData() });
  }
}

/** Opens the sound before anything is downloaded, and downloads the recogniser once somebody speaks. */
async function hear({
  sound: place,
  track,
  fromSeconds,
  appUrl,
}: Extract<ToSpeech, { type: "listen" }>): Promise<void> {
  const sound = await openSound(place, { track });
  if (!sound) return port.postMessage({ type: "no-sound" });
  const { tracks, track: chosen, durationSeconds } = sound;
  port.postMessage({ type: "opened", tracks, track: chosen, durationSeconds });
  const { signal } = new AbortController(); // stopping ends the worker
  const onProgress = (loadedBytes: number, totalBytes: number) =>
    port.postMessage({ type: "download", loadedBytes, totalBytes });
  let loading: Promise<Recogniser> | null = null;
  const recogniser = () => {
    loading ??= createRecogniser(builtInRecogniser(appUrl, { signal, onProgress }));
    return loading;
  };
  const pieces = sound.pieces({ from: fromSeconds > 0 ? fromSeconds : Number.NEGATIVE_INFINITY });
  const detector = await createVoiceDetector(await builtInDetector(appUrl, signal));
  for await (const heard of listen(pieces, { detector, recogniser, gate }))
    port.postMessage({ type: "heard", ...heard });
  sound.close();
  port.postMessage({ type: "done" });
}
