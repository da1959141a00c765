import { useState } from "react";
import { type ErrorData, toAuroraError } from "../../errors.ts";
import { openCapture } from "../../session/page/capture.ts";
import type { Medium, Session } from "../../session/types.ts";
import type { Conversation } from "../chat/conversation.ts";
import { videosAmong } from "../parts/videos-among.ts";
import { type ChosenVideo, isMemoryFile, videoFromFiles, videoFromStream } from "./chosen-video.ts";
import type { Playhead } from "./playhead.ts";
import type { WatchedVideo } from "./watched-video.ts";

/** Ways in which something to watch comes onto the page. */
type Opening = {
  /** Why the last one failed; null where it did not. */
  readonly error: ErrorData | null;
  choose(next: ChosenVideo): void;
  /** A memory, with the videos beside it to go on with; or videos, with which a memory without one goes on. */
  pick(files: readonly File[]): void; // none where there was nothing of the kind
  /** @returns the session that goes on from it; null where it could not be opened */
  openMemory(file: Blob): Promise<Session | null>;
  capture(medium: Medium): Promise<void>;
};

type OpeningOptions = {
  readonly watched: WatchedVideo;
  readonly conversation: Conversation;
  readonly playhead: Playhead;
  /** A video is about to take the place of the one before. */
  readonly onChosen: () => void;
};

const nothingToWatch: ErrorData = {
  code: "VideoUnreadable",
  message: "There is no video in this folder. Drop one with videos in it, or the videos themselves.",
  cause: null,
};

/** What the page's buttons, and files that are dropped on it, do. */
export function useOpening({ watched, conversation, playhead, onChosen }: OpeningOptions): Opening {
  const [error, setError] = useState<ErrorData | null>(null);

  function choose(next: ChosenVideo) {
    void conversation.clear(null);
    setError(null);
    playhead.tell(0);
    onChosen();
    watched.choose(next);
  }

  function goOn(next: ChosenVideo) {
    const { video, session } = watched.snapshot;
    if (video && !video.source && session) void open(() => session.save(), next, true);
    else choose(next);
  }

  /** @param same whether it is the memory on the page, whose conversation goes on */
  async function open(file: Blob | (() => Promise<Blob>), next?: ChosenVideo, same = false): Promise<Session | null> {
    try {
      const opened = await watched.openMemory(typeof file === "function" ? await file() : file, next, same);
      setError(null);
      playhead.tell(0);
      if (!same) conversation.restore(opened);
      return opened;
    } catch (thrown) {
      next?.release();
      setError(toAuroraError(thrown, "Unexpected", "The memory could not be opened. Try again.").toData());
      return null;
    }
  }

  return {
    error,
    choose,
    pick(files) {
      if (files.length === 0) return setError(nothingToWatch);
      const memory = files.find(isMemoryFile);
      const videos = videosAmong(files.filter((file) => file !== memory));
      const next = videos.length > 0 ? videoFromFiles(videos) : undefined;
      if (memory) void open(memory, next);
      else if (next) goOn(next);
    },
    openMemory: (file) => open(file),
    async capture(medium) {
      try {
        goOn(videoFromStream(medium, await openCapture(medium)));
      } catch (thrown) {
        setError(toAuroraError(thrown, "Unexpected", "It could not be opened. Try again.").toData());
      }
    },
  };
}
