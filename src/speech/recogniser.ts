import type { PreTrainedTokenizer, Tensor, WhisperForConditionalGeneration } from "@huggingface/transformers";
import { AuroraError } from "../errors.ts";
import { loadPart } from "../load-part.ts";
import { loadRuntime } from "../onnx/runtime.ts";
import { type TimedToken, toWords } from "./token-words.ts";
import type { SpokenWord } from "./transcript.ts";

/** The files of a recogniser in the layout of transformers.js; null for one that it does not have. */
export type RecogniserFiles = (path: string) => Promise<Uint8Array<ArrayBuffer> | null>;

/** Writes down what is said. */
export type Recogniser = {
  /** Words of at most 30 seconds of sound at 16 kHz, in seconds from its start, in order. */
  recognise(samples: Float32Array): Promise<SpokenWord[]>;
};

/** Where transformers.js believes the files to be. Nothing lies there: it asks us. */
const [folder, name] = ["/recogniser/", "model"];

/** Tokens that a second of speech may have at most: a recogniser that writes more has got stuck. */
const tokensPerSecond = 12;

/**
 * Loads a Whisper model.
 *
 * @param weights which of its ONNX files: `q8` for those named `_quantized`
 * @throws AuroraError `ModelCorrupt` where the files are not what they should be
 */
export async function createRecogniser(files: RecogniserFiles, weights: "q8" | "fp32" = "q8"): Promise<Recogniser> {
  // Before transformers.js, which then finds it set up, and asks no other place for it.
  const ort = await loadRuntime("wasm");
  const { AutoProcessor, AutoTokenizer, WhisperForConditionalGeneration, env } = await loadPart(
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
    return {
      recognise: async (samples) => {
        const { input_features } = await extract(samples);
        return toWords(
          await write(model as WhisperForConditionalGeneration, tokenizer, input_features, samples.length),
        );
      },
    };
  } catch (error) {
    if (error instanceof AuroraError) throw error;
    throw new AuroraError("ModelCorrupt", "The speech recogniser could not be loaded. Reload the page.", error);
  }
}

/** What transformers.js is given in place of the network. */
async function answer(files: RecogniserFiles, address: string): Promise<Response> {
  const prefix = `${folder}${name}/`;
  const at = address.indexOf(prefix);
  const bytes = at < 0 ? null : await files(address.slice(at + prefix.length));
  return bytes ? new Response(bytes) : new Response(null, { status: 404 });
}

/** Has the model write, and gives its tokens with their times. */
async function write(
  model: WhisperForConditionalGeneration,
  tokenizer: PreTrainedTokenizer,
  features: Tensor,
  samples: number,
): Promise<TimedToken[]> {
  const seconds = samples / 16_000;
  const options = {
    inputs: features,
    return_timestamps: true,
    return_token_timestamps: true,
    num_frames: Math.floor(samples / 160),
    max_new_tokens: Math.ceil(16 + seconds * tokensPerSecond),
  };
  const written = (await model.generate(options as never)) as unknown as {
    sequences: Tensor;
    token_timestamps: Tensor;
  };
  const ids = (written.sequences.tolist()[0] as (number | bigint)[]).map(Number);
  const times = written.token_timestamps.tolist()[0] as number[];
  const special = new Set(tokenizer.all_special_ids);
  const firstTime = (tokenizer as unknown as { timestamp_begin: number }).timestamp_begin;
  const isText = (id: number) => id < firstTime && !special.has(id);
  // What the library gives as a token's time is when the next one begins; those of signs for time are no use.
  const endOf = (at: number) => Math.min(seconds, Math.max(0, times[at] ?? seconds));
  let before: number | null = null;
  return joinCharacters(ids, isText, tokenizer).map(({ from, to, text }) => {
    const startSeconds = endOf(before ?? from - 1);
    before = to;
    return { text, startSeconds, endSeconds: endOf(to) };
  });
}

/** The texts of tokens; several tokens that are one character together are one text. */
function joinCharacters(ids: readonly number[], isText: (id: number) => boolean, tokenizer: PreTrainedTokenizer) {
  const texts: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  for (let from = 0; from < ids.length; from++) {
    if (!isText(ids[from] as number)) continue;
    let to = from;
    let text = tokenizer.decode([ids[to] as number]);
    while (text.includes("\ufffd") && to + 1 < ids.length && to - from < 8 && isText(ids[to + 1] as number))
      text = tokenizer.decode(ids.slice(from, ++to + 1) as number[]);
    texts.push({ from, to, text });
    from = to;
  }
  return texts;
}
