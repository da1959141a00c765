import type { Tensor, WhisperForConditionalGeneration } from "@huggingface/transformers";
import { AuroraError } from "../errors.ts";
import { loadPart } from "../load-part.ts";
import { loadRuntime } from "../onnx/runtime.ts";
import { openWhisper, type Recognised } from "./whisper.ts";

/** The files of a recogniser in the layout of transformers.js; null for one that it does not have. */
export type RecogniserFiles = (path: string) => Promise<Uint8Array<ArrayBuffer> | null>;

/** Writes down what is said. */
export type Recogniser = {
  /** What is said in at most 30 seconds of sound at 16 kHz, in seconds from its start, in order. */
  recognise(samples: Float32Array): Promise<Recognised>;
};

/** Where transformers.js believes the files to be. Nothing lies there: it asks us. */
const [folder, name] = ["/recogniser/", "model"];

/**
 * Loads a Whisper model.
 *
 * @param weights which of its ONNX files: `q8` for those named `_quantized`
 * @throws AuroraError `ModelCorrupt` where the files are not what they should be
 */
export async function createRecogniser(files: RecogniserFiles, weights: "q8" | "fp32" = "q8"): Promise<Recogniser> {
  // Before transformers.js, which then finds it set up, and asks no other place for it.
  const ort = await loadRuntime("wasm");
  const { AutoProcessor, AutoTokenizer, Tensor, WhisperForConditionalGeneration, env } = await loadPart(
    () => import("@huggingface/transformers"),
  );
  Object.assign(env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    localModelPath: folder,
    useBrowserCache: false,
    useWasmCache: false,
    fetch: (address: string | URL) => answer(files, String(address)),
  });
  ort.env.wasm.numThreads = 1;
  try {
    const [processor, tokenizer, model] = await Promise.all([
      AutoProcessor.from_pretrained(name),
      AutoTokenizer.from_pretrained(name),
      WhisperForConditionalGeneration.from_pretrained(name, {
        device: "wasm",
        dtype: weights,
        session_options: { logSeverityLevel: 3 },
      }),
    ]);
    const extract = processor as unknown as (samples: Float32Array) => Promise<{ input_features: Tensor }>;
    const whisper = openWhisper(model as WhisperForConditionalGeneration, tokenizer, Tensor);
    return {
      recognise: async (samples) => whisper((await extract(samples)).input_features, samples.length / 16_000),
    };
  } catch (error) {
    if (error instanceof AuroraError) throw error;
    throw new AuroraError(
      "ModelCorrupt",
      "The speech recogniser could not be loaded. Reload the page, or choose another one.",
      error,
    );
  }
}

/** What transformers.js is given in place of the network. */
async function answer(files: RecogniserFiles, address: string): Promise<Response> {
  const prefix = `${folder}${name}/`;
  const at = address.indexOf(prefix);
  const bytes = at < 0 ? null : await files(address.slice(at + prefix.length));
  return bytes ? new Response(bytes) : new Response(null, { status: 404 });
}
