import type { SoundFormat } from "./sound-format.ts";

const rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** Format of AAC by its AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), which is truer than what the container says besides. */
export function aacFormat(specific: Uint8Array, plain: SoundFormat): SoundFormat {
  if (specific.length < 2) return { ...plain, codec: "mp4a.40.2", description: null };
  let bit = 0;
  const take = (bits: number): number => {
    let value = 0;
    for (let i = 0; i < bits; i++, bit++) value = value * 2 + (((specific[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
    return value;
  };
  const objectType = () => {
    const type = take(5);
    return type === 31 ? 32 + take(6) : type;
  };
  const rate = () => {
    const index = take(4);
    return index === 15 ? take(24) : (rates[index] ?? plain.sampleRate);
  };
  const type = objectType();
  const sampleRate = rate();
  const layout = take(4);
  const channels = layout === 7 ? 8 : layout > 0 && layout < 7 ? layout : plain.channels;
  return { ...plain, codec: `mp4a.40.${type}`, description: specific, sampleRate, channels };
}
