import type { DecodedPiece } from "../audio/decode-pieces.ts";
import type { LiveSound } from "../audio/live-sound.ts";
import type { SoundTrack } from "../audio/open-sound.ts";
import type { ErrorData } from "../errors.ts";
import type { LoadProgress, ModelChoice } from "../library/types.ts";
import type { SoundPlace } from "../video/frame-source.ts";
import type { SpokenLine } from "./transcript.ts";

export type { SoundPlace, SoundTrack, SpokenLine };

/** A recogniser that lies in the browser's store. */
export type RecogniserInfo = { readonly key: string; readonly name: string; readonly license: string };

/** What the page tells the speech worker. */
export type ToSpeech =
  | {
      readonly type: "listen";
      readonly sound: SoundPlace | { readonly live: LiveSound };
      /** Place of the wanted track; null for the default one. */
      readonly track: number | null;
      readonly fromSeconds: number;
      /** Key of the stored recogniser; null for the one that comes with the app. */
      readonly recogniser: string | null;
      /** The folder that the app's own files lie in. */
      readonly appUrl: string;
    }
  | { readonly type: "store"; readonly choice: ModelChoice }
  | { readonly type: "decoded"; readonly request: number; readonly piece: DecodedPiece | null }
  | { readonly type: "pause" }
  | { readonly type: "resume" };

/** What the speech worker tells the page. */
export type FromSpeech =
  | {
      readonly type: "opened";
      readonly tracks: readonly SoundTrack[];
      readonly track: number;
      readonly durationSeconds: number | null;
    }
  | { readonly type: "no-sound" }
  | { readonly type: "download"; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly type: "heard"; readonly lines: readonly SpokenLine[]; readonly untilSeconds: number }
  | { readonly type: "decode"; readonly request: number; readonly file: Uint8Array<ArrayBuffer> }
  | { readonly type: "storing"; readonly progress: LoadProgress }
  | { readonly type: "stored"; readonly recogniser: RecogniserInfo }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly error: ErrorData };
