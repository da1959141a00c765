import type { ModelConfig } from "../model/config.ts";
import { corruptFile } from "../model/fields.ts";
import { createTokenizer, type Tokenizer } from "./tokenizer.ts";
import { createWorldTokenizer } from "./world-tokenizer.ts";

/**
 * Creates a model's tokenizer from the content of its file.
 *
 * @throws AuroraError `ModelCorrupt` when it is not of the type that the model's `config.json` says
 */
export function openTokenizer({ type, file }: ModelConfig["tokenizer"], content: Uint8Array): Tokenizer {
  if (type === "rwkv-world") return createWorldTokenizer(content);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw corruptFile(file, "is damaged: it is no JSON", error);
  }
  return createTokenizer(json);
}
