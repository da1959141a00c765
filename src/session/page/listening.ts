import { AuroraError } from "../../errors.ts";
import type { FromSpeech, SoundPlace, SpokenLine, ToSpeech } from "../../speech/protocol.ts";
import type { Transcript, TranscriptLine } from "../types.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** The hearing of a session's sound, in a worker of its own that lives while it listens. */
export type Listening = {
  /** What there is to be heard, once the video is open; null where there can be nothing. */
  offer(sound: SoundPlace | null): void;
  /** Listens, or stops: going on begins where it was. */
  listen(on: boolean): void;
  /** Hears another track, from its beginning. */
  choose(track: number): void;
  pause(): void;
  resume(): void;
  /** Puts `text` in place of a line's, or takes the line out where it is empty. */
  edit(line: number, text: string): void;
  close(): void;
};

/** Told what was heard and how far the sound is known; null once nobody listens, or no more. */
type OnHeard = (lines: readonly SpokenLine[], untilSeconds: number | null) => void;

/**
 * @param on whether to listen as soon as there is something to be heard
 * @param assets the folder that the app's own files lie in
 */
export function createListening(
  store: Pick<SnapshotStore, "snapshot" | "update">,
  on: boolean,
  assets: string,
  onHeard: OnHeard = () => undefined,
): Listening {
  let sound: SoundPlace | null | undefined;
  let worker: Worker | null = null;
  let wanted = on;
  let held = false;
  let track: number | null = null;
  let nextLine = 0;

  const update = (part: Partial<Transcript>) => store.update({ transcript: { ...store.snapshot.transcript, ...part } });
  const send = (message: ToSpeech) => worker?.postMessage(message);
  const ended = () => ["done", "no-sound", "failed"].includes(store.snapshot.transcript.status);

  function stop(): void {
    worker?.terminate();
    worker = null;
  }

  function start(): void {
    if (!wanted || worker || ended()) return;
    if (!sound) {
      update({ status: sound === null ? "no-sound" : "waiting" });
      if (sound === null) onHeard([], null);
      return;
    }
    worker = new Worker(new URL("../../speech/worker.ts", import.meta.url), { type: "module", name: "speech" });
    worker.onmessage = ({ data }: MessageEvent<FromSpeech>) => receive(data);
    worker.onerror = (event) => {
      const message = "The listening part of the app did not start. Reload the page, or use a recent browser.";
      fail(new AuroraError("Unexpected", message, event.message));
    };
    update({ status: held ? "paused" : "listening" });
    const fromSeconds = store.snapshot.transcript.heardUntilSeconds;
    onHeard([], fromSeconds);
    send({ type: "listen", sound, track, fromSeconds, appUrl: assets });
    if (held) send({ type: "pause" });
  }

  function fail(error: AuroraError): void {
    stop();
    update({ status: "failed", download: null, error: error.toData() });
    onHeard([], null);
  }

  function receive(data: FromSpeech): void {
    switch (data.type) {
      case "opened":
        track = data.track;
        update({ tracks: data.tracks, track, durationSeconds: data.durationSeconds });
        break;
      case "download": {
        const { loadedBytes, totalBytes } = data;
        update({ download: loadedBytes < totalBytes ? { loadedBytes, totalBytes } : null });
        break;
      }
      case "heard": {
        const { lines } = store.snapshot.transcript;
        const more: TranscriptLine[] = data.lines.map((line) => ({ ...line, id: nextLine++, edited: false }));
        update({
          ...(more.length > 0 && { lines: [...lines, ...more], download: null }),
          heardUntilSeconds: data.untilSeconds,
        });
        onHeard(data.lines, data.untilSeconds);
        break;
      }
      case "done":
      case "no-sound":
        stop();
        update({ status: data.type, download: null });
        onHeard([], null);
        break;
      case "failed":
        fail(AuroraError.fromData(data.error));
    }
  }

  if (on) update({ status: "waiting" });

  return {
    offer(place) {
      sound = place;
      start();
    },
    listen(next) {
      wanted = next;
      if (next) {
        if (store.snapshot.transcript.status === "failed") update({ status: "waiting", error: null });
        start();
      } else if (!ended()) {
        stop();
        update({ status: "off", download: null });
        onHeard([], null);
      }
    },
    choose(next) {
      if (next === track) return;
      stop();
      track = next;
      update({ status: wanted ? "waiting" : "off", track, lines: [], heardUntilSeconds: 0, error: null });
      start();
    },
    pause() {
      held = true;
      send({ type: "pause" });
      if (worker) update({ status: "paused" });
    },
    resume() {
      held = false;
      send({ type: "resume" });
      if (worker) update({ status: "listening" });
    },
    edit(line, text) {
      const { lines } = store.snapshot.transcript;
      const change = (each: TranscriptLine) =>
        each.id === line && each.text !== text.trim()
          ? { ...each, text: text.trim(), words: null, edited: true }
          : each;
      update({ lines: lines.map(change).filter((each) => each.text !== "") });
    },
    close: stop,
  };
}
