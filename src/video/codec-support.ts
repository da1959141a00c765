import { AuroraError } from "../errors.ts";
import { canStartDecoding, isH264 } from "./h264.ts";
import type { PacketFormat } from "./packet-index.ts";
import { vp9Profile } from "./vp9.ts";

/** Names that people know, by the start of a codec string or of a container's own name. */
const names: readonly (readonly [RegExp, string])[] = [
  [/^(hvc|hev|V_MPEGH)/, "HEVC (H.265)"],
  [/^(dvh|dva)/, "Dolby Vision"],
  [/^(vvc|vvi)/, "VVC (H.266)"],
  [/^(avc|V_MPEG4\/ISO\/AVC)/, "H.264"],
  [/^(av01|V_AV1)/, "AV1"],
  [/^(vp09|vp9|V_VP9)/, "VP9"],
  [/^(vp08|vp8|V_VP8)/, "VP8"],
  [/^(ap[cx4]|prores|V_PRORES)/, "Apple ProRes"],
  [/^(mp4v|XVID|DIVX|V_MPEG4)/i, "MPEG-4 part 2 (DivX, Xvid)"],
  [/^(m2v|mpg2|mp2v|V_MPEG2|2$)/, "MPEG-2"],
  [/^(m1v|mpeg|V_MPEG1|1$)/, "MPEG-1"],
  [/^(jpeg|mjp|V_MJPEG)/, "Motion JPEG"],
  [/^(s263|h263|H263)/, "H.263"],
  [/^(AVd|dnx)/, "Avid DNxHD"],
  [/^V_THEORA/, "Theora"],
];

/** The codec's name for the person. */
function codecName(format: PacketFormat): string {
  const told = format.codec || format.sampleEntry;
  return names.find(([pattern]) => pattern.test(told))?.[1] ?? (told || "an unknown codec");
}

/** The kinds of H.264 that few decoders take, by `profile_idc`. */
const rareProfiles: Readonly<Record<string, string>> = { "6e": "10 bits", "7a": "4:2:2", f4: "4:4:4", "2c": "4:4:4" };

/** A form of VP9 or AV1 that Chromium takes for one that it decodes, and then fails at; null where it is none. */
export function rareForm({ codec }: PacketFormat, firstKey: Uint8Array): string | null {
  if (/^vp0?9/.test(codec) && vp9Profile(firstKey)?.is440) return "4:4:0";
  return /^av01\.\d\.\w+\.12/.test(codec) ? "12 bits" : null;
}

/** The error for a recording of which no picture came out, where none of its first `packets` is one that a decoder can begin at; null where one is. */
export function nowhereToBegin(
  packets: readonly Uint8Array[],
  format: PacketFormat,
  cause: unknown,
): AuroraError | null {
  if (!isH264(format) || packets.some((packet) => canStartDecoding(packet, format))) return null;
  return new AuroraError(
    "CodecUnsupported",
    "This recording has no picture that this browser's decoder can begin at (H.264 without IDR pictures, as television sends it). " +
      "Open it in another browser, or convert it, for example: ffmpeg -i video -c:v libx264 -pix_fmt yuv420p video.mp4",
    cause,
  );
}

/** The error for a codec that this browser does not decode. @param form what is rare about it; H.264 tells by its profile */
export function codecUnsupported(format: PacketFormat, cause?: unknown, form: string | null = null): AuroraError {
  const rare = isH264(format) ? rareProfiles[format.codec.slice(5, 7).toLowerCase()] : form;
  const plain = isH264(format) && !rare;
  const name = codecName(format);
  const told = rare ? `${name} in a form (${rare})` : name;
  const conversion = plain
    ? "convert it to VP9, for example: ffmpeg -i video -c:v libvpx-vp9 video.webm"
    : `convert it to ${isH264(format) ? "common H.264" : "H.264"}, for example: ffmpeg -i video -c:v libx264 -pix_fmt yuv420p video.mp4`;
  return new AuroraError(
    "CodecUnsupported",
    `This video is encoded with ${told}, which this browser cannot decode. Open it in another browser, or ${conversion}`,
    cause,
  );
}

/**
 * The same format under another name, for a decoder that refuses its own; null where there is none. Firefox judges H.264 by the
 * profile in the codec string, while its decoder goes by the parameter sets and takes 10 bits, 4:2:2 and 4:4:4 as well.
 */
export function renamed(format: PacketFormat): PacketFormat | null {
  if (!isH264(format) || format.decodeAs !== undefined || format.codec.length < 11) return null;
  return { ...format, decodeAs: `${format.codec.slice(0, 5)}6400${format.codec.slice(9, 11)}` };
}

/** The format as the browser says that it decodes it, under its own name or another; null where it takes neither. */
export async function claimedFormat(format: PacketFormat): Promise<PacketFormat | null> {
  if (await claimsSupport(format)) return format;
  const other = renamed(format);
  return other && (await claimsSupport(other)) ? other : null;
}

/** WebCodecs' configuration for packets of this format. */
export function decoderConfig(format: PacketFormat, preferSoftware: boolean): VideoDecoderConfig {
  return {
    codec: format.decodeAs ?? format.codec,
    ...(format.codedWidth > 0 && { codedWidth: format.codedWidth, codedHeight: format.codedHeight }),
    ...(format.description && { description: format.description as Uint8Array<ArrayBuffer> }),
    ...(format.colorSpace && { colorSpace: format.colorSpace }),
    ...(format.pixelAspect !== 1 && {
      displayAspectWidth: Math.round(format.codedWidth * format.pixelAspect),
      displayAspectHeight: format.codedHeight,
    }),
    ...(preferSoftware && { hardwareAcceleration: "prefer-software" as const }),
  };
}

/** Whether the browser says that it decodes this format. It can be wrong both ways. */
async function claimsSupport(format: PacketFormat): Promise<boolean> {
  if (typeof VideoDecoder === "undefined" || format.codec === "") return false;
  const support = await VideoDecoder.isConfigSupported(decoderConfig(format, false)).catch(() => null);
  return support?.supported === true;
}
