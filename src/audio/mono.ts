/** Weight of each channel for layouts of six and more in the order of WebCodecs: left, right, centre, low, and the rear (ITU-R BS.775). */
const surround = [Math.SQRT1_2, Math.SQRT1_2, 1, 0, 0.5, 0.5, 0.5, 0.5];

/** One channel from several, none of them louder than it was. */
export function mixChannels(planes: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const [first] = planes;
  if (!first) return new Float32Array(0);
  if (planes.length === 1) return Float32Array.from(first);
  const weights = planes.length < 6 ? planes.map(() => 1) : planes.map((_, channel) => surround[channel] ?? 0);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const mixed = new Float32Array(first.length);
  for (const [channel, plane] of planes.entries()) {
    const weight = (weights[channel] as number) / sum;
    for (let i = 0; i < mixed.length; i++) mixed[i] = (mixed[i] as number) + weight * (plane[i] as number);
  }
  return mixed;
}

/** One channel from values of `channels` by turns. */
export function mixInterleaved(values: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  const frames = Math.floor(values.length / channels);
  const planes = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, i) => values[i * channels + channel] as number),
  );
  return mixChannels(planes);
}
