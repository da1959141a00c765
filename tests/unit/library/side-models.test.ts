import { afterAll, expect, it } from "vitest";
import { inspectSide } from "../../../src/library/side-models.ts";
import { startHubServer } from "../../hub-server.ts";

const hub = await startHubServer();
afterAll(() => hub.close());

const named = [
  "config.json",
  "generation_config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
];
const quantised = ["onnx/decoder_model_merged_quantized.onnx", "onnx/encoder_model_quantized.onnx"];
/** What onnx-community's repositories hold besides. */
const besides = [
  "README.md",
  "added_tokens.json",
  "merges.txt",
  "normalizer.json",
  "onnx/decoder_model_quantized.onnx",
  "onnx/decoder_with_past_model_quantized.onnx",
  "onnx/encoder_model.onnx",
  "onnx/encoder_model.onnx_data",
  "onnx/encoder_model_fp16.onnx",
  "onnx/encoder_model_q4f16.onnx",
  "special_tokens_map.json",
  "vocab.json",
];

function offer(id: string, paths: readonly string[]) {
  hub.offer(id, Object.fromEntries(paths.map((path) => [path, new Uint8Array(path.length)])));
  return inspectSide("speech", { kind: "hub", id, hub: hub.url }, null, {});
}

it("of a recogniser's repository only what is loaded is wanted", async () => {
  const wanted = [...named, ...quantised];
  const { name, files, byteLength, downloadBytes, stored } = await offer("onnx-community/whisper-base", [
    ...wanted,
    ...besides,
  ]);
  expect(name).toBe("onnx-community/whisper-base");
  expect(files.map(({ path }) => path).toSorted()).toEqual(wanted.toSorted());
  const bytes = wanted.reduce((sum, path) => sum + path.length, 0);
  expect([byteLength, downloadBytes, stored]).toEqual([bytes, bytes, null]);
});

it.each([
  ["one without its 8-bit files", [...named, "onnx/encoder_model.onnx", "onnx/decoder_model_merged.onnx"]],
  ["one without a merged decoder", [...named, "onnx/encoder_model_quantized.onnx"]],
  ["PyTorch's own", [...named, "model.safetensors"]],
])("%s is refused with what would do", async (_, paths) => {
  await expect(offer("openai/whisper-base", paths)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringMatching(/openai\/whisper-base.*onnx-community\/whisper-base/),
  });
});
