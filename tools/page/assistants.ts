import { openAssistant } from "../../src/session/page/client.ts";
import type { Assistant, EncoderBackend } from "../../src/session/types.ts";

type Choice = { readonly model: string; readonly encoder: EncoderBackend };

let kept: (Choice & { readonly assistant: Assistant }) | null = null;

/** An assistant that stays open for the commands that follow, as long as they want the same model and encoder. */
export async function keepAssistant({ model, encoder }: Choice): Promise<Assistant> {
  if (kept?.model === model && kept.encoder === encoder) return kept.assistant;
  const previous = kept;
  kept = null;
  await previous?.assistant.close();
  const assistant = await openAssistant({ model, encoder });
  const opened = { model, encoder, assistant };
  kept = opened;
  void assistant.failed.then(() => {
    if (kept === opened) kept = null;
  });
  return assistant;
}
