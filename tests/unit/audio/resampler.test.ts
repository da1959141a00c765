import { expect, it } from "vitest";
import { Resampler, speechRate } from "../../../src/audio/resampler.ts";

/** A tone of `hertz` sampled at `rate`. */
function tone(hertz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));
}

function resample(input: Float32Array, rate: number, block: number): Float32Array {
  const resampler = new Resampler(rate);
  const parts: Float32Array[] = [];
  for (let at = 0; at < input.length; at += block) parts.push(resampler.push(input.subarray(at, at + block)));
  parts.push(resampler.finish());
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** Root mean square of the difference, and of the reference, away from the ends, as decibels. */
function distortion(output: Float32Array, reference: Float32Array): number {
  let [noise, signal] = [0, 0];
  for (let i = 800; i < reference.length - 800; i++) {
    noise += ((output[i] as number) - (reference[i] as number)) ** 2;
    signal += (reference[i] as number) ** 2;
  }
  return 10 * Math.log10(noise / signal);
}

it.each([8000, 11025, 22050, 32000, 44100, 44101, 48000, 96000])(
  "a tone at %i Hz stays what and where it was",
  (rate) => {
    for (const hertz of [100, 440, 3300]) {
      const output = resample(tone(hertz, rate, 1), rate, 1024);
      expect(output).toHaveLength(speechRate);
      expect(distortion(output, tone(hertz, speechRate, 1))).toBeLessThan(-60);
    }
  },
);

it("what lies above 8 kHz goes", () => {
  const output = resample(tone(9500, 48000, 1), 48000, 1000);
  expect(Math.max(...output.subarray(800, -800).map(Math.abs))).toBeLessThan(0.001);
});

it("the size of the blocks does not matter", () => {
  const input = tone(300, 44100, 0.3);
  const whole = resample(input, 44100, input.length);
  for (const block of [1, 37, 4096]) expect(resample(input, 44100, block)).toEqual(whole);
});
