import { loadRuntime } from "../onnx/runtime.ts";

/** Samples at 16 kHz that one probability is about, and of those before that the model hears along. */
export const frameSamples = 512;
const contextSamples = 64;

/** Says how likely it is that somebody speaks, frame by frame (Silero VAD, version 5 and later). */
export type VoiceDetector = {
  /** @param frame `frameSamples` samples at 16 kHz that follow those before */
  probability(frame: Float32Array): Promise<number>;
  /** Forgets the frames before: the next follows none. */
  reset(): void;
};

/** Loads the detector. @param model Silero's ONNX file for 16 kHz */
export async function createVoiceDetector(model: Uint8Array): Promise<VoiceDetector> {
  const ort = await loadRuntime("wasm");
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], logSeverityLevel: 3 });
  const rate = new ort.Tensor("int64", BigInt64Array.of(16_000n), []);
  const empty = () => new ort.Tensor("float32", new Float32Array(2 * 128), [2, 1, 128]);
  const heard = new Float32Array(contextSamples + frameSamples);
  let state: InstanceType<typeof ort.Tensor> = empty();
  return {
    async probability(frame) {
      heard.copyWithin(0, frameSamples);
      heard.set(frame, contextSamples);
      const input = new ort.Tensor("float32", heard.slice(), [1, heard.length]);
      const results = await session.run({ input, state, sr: rate });
      state = results.stateN as typeof state;
      return ((results.output as typeof state).data as Float32Array)[0] as number;
    },
    reset() {
      heard.fill(0);
      state = empty();
    },
  };
}
