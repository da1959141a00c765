import type { DecodedPiece } from "../../audio/decode-pieces.ts";

/** Decodes a short file of sound, which browsers do on a page alone; null where this one cannot. */
export async function decodePiece(file: Uint8Array<ArrayBuffer>): Promise<DecodedPiece | null> {
  try {
    const context = new OfflineAudioContext(1, 1, 16_000);
    const buffer = await context.decodeAudioData(file.buffer);
    const planes = Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
    return { rate: buffer.sampleRate, planes };
  } catch {
    return null;
  }
}
