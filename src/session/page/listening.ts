import { AuroraError, toAuroraError } from "../../errors.ts";
import type { FromSpeech, SoundPlace, SpokenLine, ToSpeech } from "../../speech/protocol.ts";
import { type Spoken, type SpokenChange, spokenChange } from "../spoken.ts";
import type { Transcript, TranscriptLine } from "../types.ts";
import { decodePiece } from "./decode-piece.ts";
import type { SnapshotStore } from "./snapshot-store.ts";
import { type SoundTap, tapSound } from "./sound-tap.ts";

/** The hearing of a session's sound, in a worker of its own that lives while it listens. */
export type Listening = {
  /** What there is to be heard, once the video is open; null where there can be nothing. */
  offer(sound: SoundPlace | null): void;
  /** Goes on from what was heard before. */
  restore(spoken: Spoken): void;
  /** Listens, or stops: going on begins where it was. @param live what to hear of a live source, whose sound is no file's */
  listen(on: boolean, live?: MediaStreamTrack): void;
  /** What is live has ended. */
  end(): void;
  /** Hears another track, from its beginning. */
  choose(track: number): void;
  /** Writes down with a stored recogniser from here on, by its key; null for the one that comes with the app. */
  use(recogniser: string | null): void;
  pause(): void;
  resume(): void;
  /** Puts `text` in place of a line's, or takes the line out where it is empty. */
  edit(line: number, text: string): void;
  close(): void;
};

export function createSpeechWorker(): Worker {
  return new Worker(new URL("../../speech/worker.ts", import.meta.url), { type: "module", name: "speech" });
}

/** Told what was heard and how far the sound is known; null once nobody listens, or no more. */
export type OnHeard = (lines: readonly SpokenLine[], untilSeconds: number | null) => void;

export type ListeningOptions = {
  /** Whether to listen as soon as there is something to be heard. */
  readonly on: boolean;
  /** The folder that the app's own files lie in. */
  readonly assets: string;
  /** As for `use`. */
  readonly recogniser?: string | null;
  /** The sound of what is live; it may come later. */
  readonly live?: MediaStreamTrack | null;
  readonly onHeard?: OnHeard;
  /** Given what changes of the transcript. */
  readonly onSpoken?: (change: SpokenChange) => void;
};

export function createListening(
  store: Pick<SnapshotStore, "snapshot" | "update">,
  { on, assets, recogniser = null, live: given = null, onHeard = () => undefined, onSpoken }: ListeningOptions,
): Listening {
  let sound: SoundPlace | null | undefined;
  let worker: Worker | null = null;
  let wanted = on;
  let held = false;
  let track: number | null = null;
  let nextLine = 0;
  let used = recogniser;
  let live = given;
  let tap: SoundTap | null = null;
  /** Second 0 of what is live, by the page's clock. */
  let beginMs = 0;

  const update = (part: Partial<Transcript>) => store.update({ transcript: { ...store.snapshot.transcript, ...part } });
  function hear(part: Partial<Transcript>): void {
    const before = store.snapshot.transcript;
    update(part);
    onSpoken?.(spokenChange(before, store.snapshot.transcript));
  }
  const send = (message: ToSpeech) => worker?.postMessage(message);
  const ended = () => ["done", "no-sound", "failed"].includes(store.snapshot.transcript.status);

  function stop(): void {
    worker?.terminate();
    worker = null;
    tap?.end();
    tap = null;
  }

  /** Has the worker hear what comes of a live track from now on. */
  async function hearLive(hearing: Worker, source: MediaStreamTrack): Promise<void> {
    try {
      const opened = await tapSound(source, assets);
      if (worker !== hearing) return opened.end();
      tap = opened;
      opened.mute(held);
      const { port, rate } = opened;
      const heard = { live: { port, rate, startSeconds: (performance.now() - beginMs) / 1000 } };
      hearing.postMessage(
        {
          type: "listen",
          sound: heard,
          track: null,
          fromSeconds: 0,
          recogniser: used,
          appUrl: assets,
        } satisfies ToSpeech,
        [port],
      );
    } catch (error) {
      if (worker === hearing) fail(toAuroraError(error, "Unexpected", "Listening broke off. Listen again."));
    }
  }

  function start(): void {
    if (!wanted || worker || ended()) return;
    if (!sound && !(sound === null && live)) {
      update({ status: sound === null ? "no-sound" : "waiting" });
      if (sound === null) onHeard([], null);
      return;
    }
    worker = createSpeechWorker();
    worker.onmessage = ({ data }: MessageEvent<FromSpeech>) => receive(data);
    worker.onerror = (event) => {
      const message = "The listening part of the app did not start. Reload the page, or use a recent browser.";
      fail(new AuroraError("Unexpected", message, event.message));
    };
    update({ status: held ? "paused" : "listening" });
    const fromSeconds = store.snapshot.transcript.heardUntilSeconds;
    onHeard([], fromSeconds);
    if (!sound && live) void hearLive(worker, live);
    if (sound) send({ type: "listen", sound, track, fromSeconds, recogniser: used, appUrl: assets });
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
      case "decode": {
        const { request, file } = data;
        void decodePiece(file).then((piece) => send({ type: "decoded", request, piece }));
        break;
      }
      case "heard": {
        const { lines } = store.snapshot.transcript;
        const more: TranscriptLine[] = data.lines.map((line) => ({ ...line, id: nextLine++, edited: false }));
        hear({
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
      beginMs = performance.now();
      start();
    },
    restore({ lines, heardUntilSeconds }) {
      nextLine = Math.max(-1, ...lines.map(({ id }) => id)) + 1;
      update({ lines, heardUntilSeconds });
    },
    listen(next, source) {
      wanted = next;
      live = source ?? live;
      if (next) {
        const { status } = store.snapshot.transcript;
        if (status === "failed" || (live && ended())) update({ status: "waiting", error: null });
        start();
      } else if (!ended()) {
        stop();
        update({ status: "off", download: null });
        onHeard([], null);
      }
    },
    end() {
      tap?.end();
      if (tap) send({ type: "resume" }); // what was said is still written down
    },
    choose(next) {
      if (next === track) return;
      stop();
      track = next;
      hear({ status: wanted ? "waiting" : "off", track, lines: [], heardUntilSeconds: 0, error: null });
      start();
    },
    use(next) {
      if (next === used) return;
      used = next;
      if (!worker) return;
      stop();
      start();
    },
    pause() {
      held = true;
      tap?.mute(true);
      send({ type: "pause" });
      if (worker) update({ status: "paused" });
    },
    resume() {
      held = false;
      tap?.mute(false);
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
