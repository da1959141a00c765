import { assert } from "../errors.ts";

/** Samples a second that speech models hear. */
export const speechRate = 16_000;

/** Zero crossings of the kernel to each side. */
const crossings = 24;

/** Part of the band that passes; between it and the band's end the kernel falls. */
const passband = 0.94;

/** Shape of Kaiser's window: about 80 dB down. */
const beta = 8;

/** Most kernels: enough for rates that have no small fraction to 16 kHz. */
const maxPhases = 1024;

/**
 * Converts a stream of samples to 16 kHz with a windowed sinc (J. O. Smith, Digital Audio Resampling): what lies above 8 kHz goes. Output sample n
 * is the sound at input sample n · rate / 16000; nothing is delayed.
 */
export class Resampler {
  readonly #rate: number;
  readonly #half: number;
  /** Kernels for places at every so-manieth part of a sample, `2 · #half` values each. */
  readonly #kernels: readonly Float32Array[];
  /** Input that is still needed, the first of it at sample `#start` of the stream. */
  #input = new Float32Array(0);
  #start: number;
  #outputs = 0;

  constructor(rate: number) {
    assert(rate > 0 && Number.isFinite(rate), `a rate of ${rate}`);
    this.#rate = rate;
    const divisor = greatestDivisor(Math.round(rate), speechRate);
    const phases = Number.isInteger(rate) ? Math.min(maxPhases, speechRate / divisor) : maxPhases;
    const scale = Math.min(1, speechRate / rate) * passband;
    this.#half = Math.ceil(crossings / scale);
    this.#kernels = Array.from({ length: phases }, (_, phase) => kernel(phase / phases, this.#half, scale));
    this.#start = -this.#half;
    this.#input = new Float32Array(this.#half);
  }

  /** The output that the samples so far suffice for. */
  push(samples: Float32Array): Float32Array<ArrayBuffer> {
    if (this.#rate === speechRate) return Float32Array.from(samples);
    const joined = new Float32Array(this.#input.length + samples.length);
    joined.set(this.#input);
    joined.set(samples, this.#input.length);
    this.#input = joined;
    const end = this.#start + joined.length;
    const outputs: number[] = [];
    for (;;) {
      const center = this.#place(this.#outputs);
      const first = Math.floor(center) - this.#half + 1;
      if (first + 2 * this.#half > end) break;
      outputs.push(this.#at(first - this.#start, center % 1));
      this.#outputs++;
    }
    const needed = Math.floor(this.#place(this.#outputs)) - this.#half + 1;
    this.#input = joined.slice(needed - this.#start);
    this.#start = needed;
    return Float32Array.from(outputs);
  }

  /** What is left once the input has ended. */
  finish(): Float32Array<ArrayBuffer> {
    if (this.#rate === speechRate) return new Float32Array(0);
    const inputs = this.#start + this.#input.length;
    const left = Math.ceil((inputs * speechRate) / this.#rate) - this.#outputs;
    return this.push(new Float32Array(2 * this.#half)).slice(0, Math.max(0, left));
  }

  /** Where in the input an output sample lies. */
  #place(output: number): number {
    return (output * this.#rate) / speechRate;
  }

  #at(first: number, fraction: number): number {
    const phase = Math.round(fraction * this.#kernels.length);
    const weights = this.#kernels[Math.min(phase, this.#kernels.length - 1)] as Float32Array;
    const input = this.#input;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += (weights[i] as number) * (input[first + i] as number);
    return sum;
  }
}

/** Weights of the samples around a place that lies `fraction` behind the one in the middle; their sum is 1. */
function kernel(fraction: number, half: number, scale: number): Float32Array {
  const weights = Float64Array.from({ length: 2 * half }, (_, i) => {
    const x = i - half + 1 - fraction;
    const edge = x / half;
    return Math.abs(edge) >= 1 ? 0 : sinc(x * scale) * bessel(beta * Math.sqrt(1 - edge * edge));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => weight / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
