import type { Medium, Watchable } from "../../session/types.ts";
import type { DroppedFile } from "../parts/dropped-files.ts";
import { isWatchable } from "../parts/videos-among.ts";
import { anyVideoQuestions, type Sample, sampleUrl } from "./samples.ts";

/** What is watched on the page, what the player plays of it, and questions to offer. */
export type ChosenVideo = {
  /** Null where there is nothing but what a memory file tells of it. */
  readonly source: Watchable | null;
  /** The memory file that it goes on from. */
  readonly memory?: Blob;
  readonly name: string;
  readonly questions: readonly string[];
  /** Addresses of the files, in the order they are watched; none of what is live. */
  readonly urls: readonly string[];
  /** The camera or screen; null for files. */
  readonly live: { readonly medium: Medium; readonly stream: MediaStream } | null;
  /** Whether it is the person's own, and no clip that ships with the page. */
  readonly own: boolean;
  /** Frees the addresses, and stops the camera or the screen. */
  release(): void;
};

/** Files as the video to watch, one after the other. */
export function videoFromFiles(files: readonly File[]): ChosenVideo {
  const ordered = inOrder(files);
  const urls = ordered.map((file) => URL.createObjectURL(file));
  const [first] = ordered;
  const more = ordered.length - 1;
  return {
    source: ordered.length === 1 && first ? first : ordered,
    name: more > 0 ? `${first?.name} and ${more} more` : (first?.name ?? "video"),
    questions: anyVideoQuestions,
    urls,
    live: null,
    own: true,
    release: () => urls.forEach((url) => void URL.revokeObjectURL(url)),
  };
}

/** A clip that ships with the page as the video to watch. */
export function videoFromSample(sample: Sample): ChosenVideo {
  const url = sampleUrl(sample);
  const { title: name, questions } = sample;
  return { source: url, name, questions, urls: [url], live: null, own: false, release: () => undefined };
}

/** A camera or a screen that the person gave as the video to watch. */
export function videoFromStream(medium: Medium, stream: MediaStream): ChosenVideo {
  return {
    source: stream,
    name: medium === "camera" ? "Camera" : "Screen",
    questions: anyVideoQuestions,
    urls: [],
    live: { medium, stream },
    own: true,
    release: () => stream.getTracks().forEach((track) => void track.stop()),
  };
}

/** What a memory file tells of, without its video. */
export function videoFromMemory(memory: Blob, name: string): ChosenVideo {
  const nothing = { source: null, urls: [], live: null, release: () => undefined };
  return { ...nothing, name, memory, questions: anyVideoQuestions, own: true };
}

/** Whether a file is a memory that was saved, by its name. */
export function isMemoryFile({ name }: File): boolean {
  return /\.(aurora|safetensors)$/i.test(name);
}

/**
 * Of what was dropped the files to open: loose ones as they come; of folders those to be watched and memories, in the order of
 * their names, which is that of their times where a camera gave them.
 */
export function filesToOpen(dropped: readonly DroppedFile[]): readonly File[] {
  const loose = dropped.filter(({ path }) => !path.includes("/"));
  const within = dropped.filter(({ path, file }) => {
    const hidden = path.split("/").some((part) => part.startsWith("."));
    return path.includes("/") && !hidden && (isWatchable(file) || isMemoryFile(file));
  });
  within.sort((a, b) => byNumber.compare(a.path, b.path));
  return [...loose, ...within].map(({ file }) => file);
}

const byNumber = new Intl.Collator("en", { numeric: true });

/** As they were given; but pieces of one recording, whose names differ in their numbers alone, by these. */
export function inOrder<F extends { readonly name: string }>(files: readonly F[]): readonly F[] {
  const patterns = new Set(files.map(({ name }) => name.replace(/\d+/g, "#")));
  return patterns.size === 1 ? [...files].sort((a, b) => byNumber.compare(a.name, b.name)) : files;
}
