import { AuroraError } from "../../src/errors.ts";
import type { ModelChoice } from "../../src/library/types.ts";
import type { EncoderBackend, Moment, SearchKind, Session, SessionSnapshot } from "../../src/session/types.ts";
import { watched } from "./ask.ts";
import { keepAssistant } from "./assistants.ts";

export type FindCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  /** What finds what was seen; null where that is not searched. */
  readonly searchModel: string | ModelChoice | null;
  /** Address of the video; null when it is the first of the files. */
  readonly url: string | null;
  readonly query: string;
  readonly kinds: readonly SearchKind[];
  /** Null for the model's own rate. */
  readonly fps: number | null;
  /** Most frames of what was seen. */
  readonly most: number;
};

export type FindResult = {
  readonly moments: readonly Omit<Moment, "thumbnail">[];
  readonly hasSound: boolean;
  readonly frames: number;
};

/** Watches a video to its end, with ears and notes where these are searched, and finds moments of it. */
export async function find(command: FindCommand, files: readonly File[]): Promise<FindResult> {
  const { url, query, kinds, fps, most, searchModel } = command;
  const assistant = await keepAssistant(command);
  if (searchModel) await assistant.openSearch(searchModel);
  const video = url ?? files[0];
  if (!video) throw new AuroraError("VideoUnreadable", "No video was given.");
  const wants = { listen: kinds.includes("said"), notes: kinds.includes("noted") };
  const session = assistant.watch(video, { ...wants, ...(fps !== null && { fps }) });
  try {
    await watched(session);
    await until(session, (now) => isHeard(now) && isNoted(now, wants.notes) && isSeen(now, searchModel !== null));
    const found = await session.find(query, { in: kinds, most });
    const { transcript, framesWatched } = session.snapshot;
    if (transcript.error) throw AuroraError.fromData(transcript.error);
    return {
      moments: found.map(({ thumbnail: _, ...moment }) => moment),
      hasSound: transcript.status !== "no-sound",
      frames: framesWatched,
    };
  } finally {
    await session.close();
    assistant.closeSearch();
  }
}

function isHeard({ transcript }: SessionSnapshot): boolean {
  return ["off", "done", "no-sound", "failed"].includes(transcript.status);
}

/** Each scene has its note. */
function isNoted({ notes, scenes }: SessionSnapshot, wanted: boolean): boolean {
  const last = scenes.at(-1)?.untilSeconds ?? 0;
  return !wanted || (scenes.length > 0 && (notes.at(-1)?.untilSeconds ?? -1) >= last);
}

function isSeen({ seen, frames }: SessionSnapshot, wanted: boolean): boolean {
  return !wanted || seen.frames >= frames.length;
}

function until(session: Session, holds: (now: SessionSnapshot) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds(session.snapshot)) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = session.subscribe(check);
    check();
  });
}
