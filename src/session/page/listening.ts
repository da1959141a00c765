import { AuroraError } from "../../errors.ts";
import type { FromSpeech, SoundPlace, ToSpeech } from "../../speech/protocol.ts";
import { type Spoken, type SpokenChange, spokenChange } from "../spoken.ts";
import type { Transcript, TranscriptLine } from "../types.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** The hearing of a session's sound, in a worker of its own that lives while it listens. */
export type Listening = {
  /** What there is to be heard, once the video is open; null where there can be nothing. */
  offer(sound: SoundPlace | null): void;
  /** Goes on from what was heard before. */
  restore(spoken: Spoken): void;
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

/**
 * @param on whether to listen as soon as there is something to be heard
 * @param assets the folder that the app's own files lie in
 * @param tell is given what changes of what was said
 */
export function createListening(
  store: Pick<SnapshotStore, "snapshot" | "update">,
  on: boolean,
  assets: string,
  tell: (change: SpokenChange) => void = () => undefined,
): Listening {
  let sound: SoundPlace | null | undefined;
  let worker: Worker | null = null;
  let wanted = on;
  let held = false;
  let track: number | null = null;
  let nextLine = 0;

  const update = (part: Partial<Transcript>) => store.update({ transcript: { ...store.snapshot.transcript, ...part } });
  function hear(part: Partial<Transcript>): void {
    const before = store.snapshot.transcript;
    update(part);
    tell(spokenChange(before, store.snapshot.transcript));
  }
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
    send({ type: "listen", sound, track, fromSeconds, appUrl: assets });
    if (held) send({ type: "pause" });
  }

  function fail(error: AuroraError): void {
    stop();
    update({ status: "failed", download: null, error: error.toData() });
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
        hear({
          ...(more.length > 0 && { lines: [...lines, ...more], download: null }),
          heardUntilSeconds: data.untilSeconds,
        });
        break;
      }
      case "done":
      case "no-sound":
        stop();
        update({ status: data.type, download: null });
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
    restore({ lines, heardUntilSeconds }) {
      nextLine = Math.max(-1, ...lines.map(({ id }) => id)) + 1;
      update({ lines, heardUntilSeconds });
    },
    listen(next) {
      wanted = next;
      if (next) {
        if (store.snapshot.transcript.status === "failed") update({ status: "waiting", error: null });
        start();
      } else if (!ended()) {
        stop();
        update({ status: "off", download: null });
      }
    },
    choose(next) {
      if (next === track) return;
      stop();
      track = next;
      hear({ status: wanted ? "waiting" : "off", track, lines: [], heardUntilSeconds: 0, error: null });
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
      hear({ lines: lines.map(change).filter((each) => each.text !== "") });
    },
    close: stop,
  };
}
