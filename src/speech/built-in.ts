import { downloadBlob } from "../bytes/download-blob.ts";
import type { Subject } from "../bytes/download-errors.ts";
import type { RecogniserFiles } from "./recogniser.ts";

/** Files that come with the app, and how many bytes each has. */
const files: Readonly<Record<string, number>> = {
  "config.json": 1219,
  "generation_config.json": 1616,
  "preprocessor_config.json": 356,
  "tokenizer_config.json": 18807,
  "tokenizer.json": 2128466,
  "onnx/encoder_model_quantized.onnx": 9481097,
  "onnx/decoder_model_merged_quantized.onnx": 30364965,
};

const totalBytes = Object.values(files).reduce((sum, bytes) => sum + bytes, 0);

type Downloading = {
  readonly signal: AbortSignal;
  readonly onProgress: (loadedBytes: number, totalBytes: number) => void;
};

/**
 * The recogniser that comes with the app (Whisper tiny.en), downloaded as it is asked for.
 *
 * @param appUrl the folder that the app's own files lie in
 */
export function builtInRecogniser(appUrl: string, { signal, onProgress }: Downloading): RecogniserFiles {
  const loaded = new Map<string, number>();
  return async (path) => {
    if (!(path in files)) return null;
    const url = new URL(`models/whisper-tiny.en/${path}`, appUrl);
    const blob = await downloadBlob(
      url,
      subject(path),
      { signal },
      {
        onProgress(bytes) {
          loaded.set(path, bytes);
          onProgress(
            Math.min(
              totalBytes,
              [...loaded.values()].reduce((sum, each) => sum + each, 0),
            ),
            totalBytes,
          );
        },
      },
    );
    return new Uint8Array(await blob.arrayBuffer());
  };
}

/** Silero's voice detector, which comes with the app. */
export async function builtInDetector(appUrl: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const path = "models/silero-vad/silero_vad_16k_op15.onnx";
  const blob = await downloadBlob(new URL(path, appUrl), subject(path), { signal });
  return new Uint8Array(await blob.arrayBuffer());
}

function subject(name: string): Subject {
  const whole = "The app is not whole: reload the page.";
  return {
    name,
    advice: { page: whole, forbidden: whole, missing: whole, missingCode: "ModelNotFound", keeps: false },
  };
}
