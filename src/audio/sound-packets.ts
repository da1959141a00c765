import type { SoundFormat } from "./sound-format.ts";

/** A packet of a sound track, with its time on the file's own timeline, after its edit list. */
export type SoundPacket = {
  readonly seconds: number;
  readonly data: Uint8Array;
  /** Index into the formats of the track. */
  readonly format: number;
};

/** Decoded sound of one channel, at its own rate. */
export type SoundBlock = { readonly seconds: number; readonly rate: number; readonly samples: Float32Array };

/** A sound track as a person chooses it. */
export type SoundTrack = {
  /** Its place among the file's sound tracks, from 0. */
  readonly index: number;
  /** ISO 639-2 code, e.g. `eng`; null where the file does not say. */
  readonly language: string | null;
  readonly name: string | null;
  /** Whether it is the one that is heard unless another is chosen. */
  readonly isDefault: boolean;
};

/** A part of the packets' timeline from `from` to `to` seconds that is heard from `at` on. */
export type SoundPart = { readonly from: number; readonly to: number; readonly at: number };

/** The chosen track's packets, and how to come to them. */
export type PacketStream = {
  readonly tracks: readonly SoundTrack[];
  /** Place of the chosen track. */
  readonly chosen: number;
  readonly formats: readonly SoundFormat[];
  /** What is heard, one part after the other. */
  readonly parts: readonly SoundPart[];
  /** Where the sound ends, as far as the file tells; null where it does not. */
  readonly endSeconds: number | null;
  /** Packets in order of time, from the one at `seconds` or one before it on. */
  packets(seconds: number, signal: AbortSignal): AsyncGenerator<SoundPacket, void, void>;
  close(): void;
};

/**
 * The track to hear: the chosen one where there is one, else the default one, else the first.
 *
 * @param wanted place among the sound tracks, or null
 */
export function chooseSoundTrack(tracks: readonly SoundTrack[], wanted: number | null): SoundTrack | undefined {
  return tracks[wanted ?? -1] ?? tracks.find((track) => track.isDefault) ?? tracks[0];
}
