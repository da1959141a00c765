import type { AskOptions, WatchOptions } from "../../session/types.ts";
import { createStore, type Store } from "../parts/store.ts";

/** What the person chose for how the page watches, answers and looks. */
export type Settings = {
  /** Frames a second; null for those that the model was trained at. */
  readonly fps: number | null;
  /** Room for frames that can be looked at again, in GiB. */
  readonly keepGib: number;
  /** Whether each scene is noted, and the longest part of one that a note is about, in seconds. */
  readonly notes: boolean;
  readonly noteSeconds: number;
  /** Whether what is heard is read into the memory, where the model can. */
  readonly speech: boolean;
  /** Longest answer, in tokens. */
  readonly maxTokens: number;
  /** 0 gives the likeliest answer, always the same. */
  readonly temperature: number;
  readonly theme: "system" | "light" | "dark";
  readonly motion: "system" | "reduced";
};

/** What holds until something else is chosen. */
export const defaultSettings: Settings = {
  fps: null,
  keepGib: 4,
  notes: true,
  noteSeconds: 60,
  speech: false,
  maxTokens: 256,
  temperature: 0,
  theme: "system",
  motion: "system",
};

/** Least and most that can be chosen. */
export const limits = {
  fps: [0.1, 30],
  keepGib: [0, 1024],
  noteSeconds: [1, 86_400],
  maxTokens: [1, 2048],
  temperature: [0, 2],
} as const;

export type SettingsStore = Store<Settings> & { change(part: Partial<Settings>): void };

type Kept = Pick<Storage, "getItem" | "setItem">;
const key = "auroralong.settings";

/**
 * The person's settings, kept by the browser from one visit to the next.
 *
 * @param kept where they are kept; what cannot be kept or read holds for this visit
 */
export function createSettings(kept: Kept | null): SettingsStore {
  const store = createStore(read(kept));
  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    change(part) {
      store.set(checked({ ...store.snapshot, ...part }));
      try {
        kept?.setItem(key, JSON.stringify(store.snapshot));
      } catch {
        // A private window may keep nothing.
      }
    },
  };
}

/** How to watch by these settings. */
export function watchOptions({ fps, keepGib, notes, noteSeconds, speech }: Settings): WatchOptions {
  return { ...(fps === null ? {} : { fps }), keepBytes: Math.round(keepGib * 2 ** 30), notes, noteSeconds, speech };
}

/** How to answer by these settings. */
export function answerOptions({ maxTokens, temperature }: Settings): AskOptions {
  return { maxTokens, temperature };
}

function read(kept: Kept | null): Settings {
  try {
    const found: unknown = JSON.parse(kept?.getItem(key) ?? "{}");
    return checked({ ...defaultSettings, ...(typeof found === "object" ? found : {}) } as Settings);
  } catch {
    return defaultSettings;
  }
}

/** Settings within their limits; what makes no sense is as it was by default. */
function checked({
  fps,
  keepGib,
  notes,
  noteSeconds,
  speech,
  maxTokens,
  temperature,
  theme,
  motion,
}: Settings): Settings {
  const within = (name: keyof typeof limits, value: unknown) => {
    const [least, most] = limits[name];
    return typeof value === "number" && Number.isFinite(value) ? Math.min(Math.max(value, least), most) : null;
  };
  return {
    fps: within("fps", fps),
    keepGib: within("keepGib", keepGib) ?? defaultSettings.keepGib,
    notes: typeof notes === "boolean" ? notes : defaultSettings.notes,
    noteSeconds: within("noteSeconds", noteSeconds) ?? defaultSettings.noteSeconds,
    speech: speech === true,
    maxTokens: Math.round(within("maxTokens", maxTokens) ?? defaultSettings.maxTokens),
    temperature: within("temperature", temperature) ?? defaultSettings.temperature,
    theme: theme === "light" || theme === "dark" ? theme : "system",
    motion: motion === "reduced" ? motion : "system",
  };
}
