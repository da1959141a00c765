import type { DecodedPiece } from "../audio/decode-pieces.ts";
import { liveSound } from "../audio/live-sound.ts";
import { openSounds } from "../audio/open-sounds.ts";
import { toAuroraError } from "../errors.ts";
import type { ModelChoice } from "../library/types.ts";
import { builtInDetector, builtInRecogniser } from "./built-in.ts";
import { listen } from "./listen.ts";
import type { FromSpeech, ToSpeech } from "./protocol.ts";
import { createRecogniser, type Recogniser } from "./recogniser.ts";
import { storedRecogniser, storeRecogniser } from "./stored.ts";
import { createVoiceDetector } from "./voice-detector.ts";

/** The part of a dedicated worker's global scope that is used here; TypeScript's DOM library describes the window's. */
const port = globalThis as unknown as {
  postMessage(message: FromSpeech): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToSpeech>) => void): void;
};

const pieces = new Map<number, (piece: DecodedPiece | null) => void>();
let requests = 0;
let held = false;
let release: () => void = () => undefined;

port.addEventListener("message", ({ data }) => {
  switch (data.type) {
    case "listen":
      void attempt(() => hear(data));
      break;
    case "store":
      void attempt(() => store(data.choice));
      break;
    case "decoded":
      pieces.get(data.request)?.(data.piece);
      pieces.delete(data.request);
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

async function attempt(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    const typed = toAuroraError(
      error,
      "Unexpected",
      "Listening broke off through a mistake of this app. Listen again.",
    );
    port.postMessage({ type: "failed", error: typed.toData() });
  }
}

/** Has the page decode a file of sound, which a worker cannot. */
function decodePiece(file: Uint8Array<ArrayBuffer>): Promise<DecodedPiece | null> {
  const request = requests++;
  port.postMessage({ type: "decode", request, file });
  return new Promise((resolve) => pieces.set(request, resolve));
}

async function store(choice: ModelChoice): Promise<void> {
  const recogniser = await storeRecogniser(choice, (progress) => port.postMessage({ type: "storing", progress }));
  port.postMessage({ type: "stored", recogniser });
}

/** Opens the sound before anything is downloaded, and downloads the recogniser once somebody speaks. */
async function hear({
  sound: place,
  track,
  fromSeconds,
  recogniser: key,
  appUrl,
}: Extract<ToSpeech, { type: "listen" }>): Promise<void> {
  const sound = "live" in place ? liveSound(place.live) : await openSounds(place, { track, decodePiece });
  if (!sound) return port.postMessage({ type: "no-sound" });
  const { tracks, track: chosen, durationSeconds } = sound;
  port.postMessage({ type: "opened", tracks, track: chosen, durationSeconds });
  const { signal } = new AbortController(); // stopping ends the worker
  const onProgress = (loadedBytes: number, totalBytes: number) =>
    port.postMessage({ type: "download", loadedBytes, totalBytes });
  let loading: Promise<Recogniser> | null = null;
  const recogniser = () => {
    const builtIn = () => builtInRecogniser(appUrl, { signal, onProgress });
    loading ??= (async () => createRecogniser(key === null ? builtIn() : await storedRecogniser(key)))();
    return loading;
  };
  const pieces = sound.pieces({ from: fromSeconds > 0 ? fromSeconds : Number.NEGATIVE_INFINITY });
  const detector = await createVoiceDetector(await builtInDetector(appUrl, signal));
  for await (const heard of listen(pieces, { detector, recogniser, gate }))
    port.postMessage({ type: "heard", ...heard });
  sound.close();
  port.postMessage({ type: "done" });
}
