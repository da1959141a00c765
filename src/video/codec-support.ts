import { AuroraError } from "../errors.ts";
import type { PacketFormat } from "./packet-index.ts";

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

/** The error for a codec that this browser does not decode. */
export function codecUnsupported(format: PacketFormat, cause?: unknown): AuroraError {
  return new AuroraError(
    "CodecUnsupported",
    `This video is encoded with ${codecName(format)}, which this browser cannot decode. Open it in another browser, ` +
      "or convert it to H.264, for example: ffmpeg -i video -c:v libx264 -pix_fmt yuv420p video.mp4",
    cause,
  );
}

/** WebCodecs' configuration for packets of this format. */
export function decoderConfig(format: PacketFormat, preferSoftware: boolean): VideoDecoderConfig {
  return {
    codec: format.codec,
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
export async function claimsSupport(format: PacketFormat): Promise<boolean> {
  if (typeof VideoDecoder === "undefined" || format.codec === "") return false;
  const support = await VideoDecoder.isConfigSupported(decoderConfig(format, false)).catch(() => null);
  return support?.supported === true;
}
