import { AuroraError } from "../errors.ts";

/** How the packets of a sound track are encoded. */
export type SoundFormat = {
  /** Codec string of WebCodecs, e.g. `mp4a.40.2`, `opus`, `pcm-s16`; empty where there is none. */
  readonly codec: string;
  /** The container's own name of the codec, for the person, e.g. `mp4a` or `A_DTS`. */
  readonly sampleEntry: string;
  /** What the decoder needs besides the packets, as WebCodecs wants it; null where that is nothing. */
  readonly description: Uint8Array | null;
  readonly sampleRate: number;
  readonly channels: number;
};

/** Names that people know, by the start of a codec string or of a container's own name. */
const names: readonly (readonly [RegExp, string])[] = [
  [/^(mp4a\.40|A_AAC|aac)/, "AAC"],
  [/^(ec-3|A_EAC3|eac3)/i, "Dolby Digital Plus (E-AC-3)"],
  [/^(ac-3|A_AC3|ac3)/i, "Dolby Digital (AC-3)"],
  [/^(ac-4)/, "Dolby AC-4"],
  [/^(mlpa|A_TRUEHD|A_MLP)/, "Dolby TrueHD"],
  [/^(dts|A_DTS)/i, "DTS"],
  [/^(alac|A_ALAC)/, "Apple Lossless (ALAC)"],
  [/^(mp2|A_MPEG\/L2)/, "MPEG audio layer II"],
  [/^(mp3|A_MPEG\/L3|\.mp3)/, "MP3"],
  [/^(samr|sawb)/, "AMR"],
  [/^(A_MS\/ACM|ms)/, "a codec of Windows"],
  [/^(QDM2|Qclp|MAC[36]|ima4)/, "a codec of early QuickTime"],
  [/^(opus|A_OPUS)/i, "Opus"],
  [/^(vorbis|A_VORBIS)/, "Vorbis"],
  [/^(flac|fLaC|A_FLAC)/, "FLAC"],
];

/** The error for sound that this browser does not decode; the video itself may be watched. */
export function soundUnsupported({ codec, sampleEntry }: SoundFormat, cause?: unknown): AuroraError {
  const told = codec || sampleEntry;
  const name = names.find(([pattern]) => pattern.test(told))?.[1] ?? (told || "an unknown codec");
  const command = typeof AudioDecoder === "undefined" ? "-c:a pcm_s16le video.mov" : "-c:a aac video.mp4";
  return new AuroraError(
    "AudioUnreadable",
    `The sound is encoded with ${name}, which this browser cannot decode. Open the video in another browser, or convert ` +
      `its sound, for example: ffmpeg -i video -c:v copy ${command}`,
    cause,
  );
}

/** WebCodecs' configuration for packets of this format. */
export function soundConfig({ codec, description, sampleRate, channels }: SoundFormat): AudioDecoderConfig {
  return {
    codec,
    sampleRate,
    numberOfChannels: channels,
    ...(description && { description: description as Uint8Array<ArrayBuffer> }),
  };
}
