import type { EncoderBackend, ProbeReport } from "../../src/session/types.ts";
import { keepAssistant } from "./assistants.ts";

export type ProbeCommand = { readonly model: string; readonly encoder: EncoderBackend };

/** Checks a model. Progress goes to the console. */
export async function probe(command: ProbeCommand): Promise<ProbeReport> {
  const assistant = await keepAssistant(command);
  return assistant.probe({
    onProgress: ({ done, total, what }) => console.info(`${done + 1} / ${total} ${what}`),
  });
}
