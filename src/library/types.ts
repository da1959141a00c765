import type { Assumptions } from "../model/assumptions.ts";
import type { Quantization } from "../model/config.ts";

export type { Quantization };

/** A file picked by a person, with its path in what was picked, "/" between its parts. */
export type PickedFile = { readonly path: string; readonly file: Blob };

/**
 * Which model to open: a ready model folder on a server, read as needed; a repository on Hugging Face (`revision` a branch,
 * tag or commit, `main` unless given; `hub` the origin of a server that answers like it), downloaded, converted and stored; files of the person's own, converted and stored;
 * or one that is stored already.
 */
export type ModelChoice =
  | { readonly kind: "folder"; readonly url: string }
  | { readonly kind: "hub"; readonly id: string; readonly revision?: string; readonly hub?: string }
  | { readonly kind: "files"; readonly name: string; readonly files: readonly PickedFile[] }
  | { readonly kind: "stored"; readonly key: string };

/** What a model is for: to watch and answer, to find what was seen, or to write down what is said. */
export type Purpose = "watch" | SidePurpose;
export type SidePurpose = "search" | "speech";

/** A model as the browser keeps it, converted and whole. */
export type StoredModel = {
  /** Names the model in the store. */
  readonly key: string;
  readonly name: string;
  readonly license: string;
  /** Where it came from, for people: an id on Hugging Face with its commit, or the name of a folder. */
  readonly source: string;
  readonly purpose: Purpose;
  /** Form of the weights of a model that watches. */
  readonly quantization: Quantization;
  readonly byteLength: number;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
};

/** What a model would cost in one form of its weights. */
export type QuantizationOffer = {
  readonly quantization: Quantization;
  /** Bytes that the browser keeps. */
  readonly storedBytes: number;
  /** Estimate of the GPU memory in use once it is loaded, working memory included. */
  readonly gpuBytes: number;
  /** Whether this adapter is likely to hold it. */
  readonly fits: boolean;
};

/** What is known of a model before it is loaded. */
export type ModelOffer = {
  readonly name: string;
  readonly license: string;
  /** Commit that would be loaded; null for files without one. */
  readonly revision: string | null;
  /** What kind of checkpoint it is, for people. */
  readonly layout: string;
  readonly parameters: number;
  readonly files: readonly { readonly path: string; readonly byteLength: number }[];
  /** Bytes still to be downloaded; 0 when nothing is. */
  readonly downloadBytes: number;
  /** Free space that loading needs for a while, in bytes, and what there is; null where the browser does not tell. */
  readonly diskBytes: number;
  readonly freeDiskBytes: number | null;
  /** From the most exact to the smallest. */
  readonly options: readonly QuantizationOffer[];
  /** The most exact option that fits; null when none does. */
  readonly recommended: Quantization | null;
  /** Forms of this very revision that are stored already. */
  readonly stored: readonly StoredModel[];
};

/** What is known of a model beside the assistant, as its files lie, before it is downloaded. */
export type SideOffer = {
  readonly name: string;
  readonly license: string;
  readonly revision: string | null;
  readonly files: readonly { readonly path: string; readonly byteLength: number }[];
  /** Bytes of all files, and those still to be downloaded. */
  readonly byteLength: number;
  readonly downloadBytes: number;
  /** Null where the browser does not tell. */
  readonly freeDiskBytes: number | null;
  /** This very revision, where it is stored already. */
  readonly stored: StoredModel | null;
};

/** What an adapter is likely to hold. */
type GpuCapacity = {
  /** Bytes that a model may take, as far as browsers let one guess; 0 without an adapter. */
  readonly bytes: number;
  /** Whether the CPU stands in for a GPU. */
  readonly software: boolean;
};

/** The browser's own collection of models. */
export interface Library {
  /** Looks at a model; of a large one only the parts that describe it are read. @throws AuroraError */
  inspect(choice: ModelChoice, signal?: AbortSignal): Promise<ModelOffer>;
  /** Looks at a model that does something beside the assistant; nothing is downloaded but its list of files. @throws AuroraError */
  inspectSide(purpose: SidePurpose, choice: ModelChoice, signal?: AbortSignal): Promise<SideOffer>;
  list(): Promise<readonly StoredModel[]>;
  /** What this machine's adapter can hold. */
  capacity(): Promise<GpuCapacity>;
  /**
   * Keeps settings with a stored model: it is opened with them from the next time on.
   *
   * @throws AuroraError `ModelNotFound`, `StorageFull`
   */
  keep(key: string, assumptions: Assumptions): Promise<void>;
  /** Deletes a stored model, or, without a key, all models, and of downloads and of what sessions spilled all that no tab uses. */
  remove(key?: string): Promise<void>;
  /**
   * Bytes on disk: of stored models, of parts of downloads, and of what sessions spilled, in use or left. `place` tells where
   * models go in this window, and `memoryBytes` how large a model may be that goes into memory.
   */
  usage(): Promise<{
    readonly modelBytes: number;
    readonly partialBytes: number;
    readonly spillBytes: number;
    readonly freeBytes: number | null;
    readonly persisted: boolean;
    readonly place: "disk" | "memory";
    readonly memoryBytes: number;
  }>;
}

/** One file of a download. */
export type FileProgress = {
  readonly path: string;
  readonly loadedBytes: number;
  readonly totalBytes: number | null;
  readonly status: "waiting" | "loading" | "checking" | "done";
};

/** Progress of `openAssistant`. `totalBytes` is null while unknown. */
export type LoadProgress = {
  readonly stage: "gpu" | "download" | "convert" | "prepare";
  readonly loadedBytes: number;
  readonly totalBytes: number | null;
  /** True while another tab loads the same model, which this one waits for. */
  readonly waiting?: boolean;
  /** Of a download to the store, in order; absent otherwise. */
  readonly files?: readonly FileProgress[];
};
