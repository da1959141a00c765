import { parseArgs } from "node:util";
import { choiceOption, isUrl, knownFile, modelOption, numberOption } from "./arguments.ts";
import { openHost } from "./host.ts";
import type { AskCommand } from "./page/ask.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  'usage: npm run ask -- [<video>] [--memory FILE.aurora] --question "…" [--question "…"] [--save FILE.aurora] [--model DIR|URL] [--fps N] [--from memory|look-again] [--at S] [--encoder auto|webgpu|wasm] [--json]; a video, a memory to open, or both to watch on; a question, or a memory to save';

type AskArguments = Omit<AskCommand, "model" | "save"> & {
  readonly model: string;
  readonly files: readonly string[];
  readonly json: boolean;
  /** Where the memory is saved; null where it is not. */
  readonly save: string | null;
};

/** `npm run ask`: asks questions about a video or a memory file. */
export async function ask(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { model, files, json, save, ...command } = parseAsk(args);
  const host = await open();
  try {
    const options = { ...command, model: host.modelAddress(model), save: save !== null };
    const result = save ? await host.download(save, "ask", options, files) : await host.run("ask", options, files);
    for (const notice of result.notices) output.warn(notice);
    if (json) output.print(JSON.stringify(result, null, 2));
    else
      for (const { question, answer, asOfSeconds, fromNeighbour } of result.answers) {
        output.print(command.questions.length > 1 ? `${question}\n  ${answer}` : answer);
        if (fromNeighbour) output.warn(`What was seen up to then is gone; this is how it was at ${asOfSeconds} s.`);
      }
  } finally {
    await host.close();
  }
}

function parseAsk(args: readonly string[]): AskArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      question: { type: "string", multiple: true, short: "q" },
      model: { type: "string", default: "public/models/nano" },
      memory: { type: "string" },
      save: { type: "string" },
      fps: { type: "string" },
      from: { type: "string", default: "memory" },
      at: { type: "string" },
      encoder: { type: "string", default: "auto" },
      json: { type: "boolean", default: false },
    },
  });
  const [video] = positionals;
  const questions = values.question ?? [];
  const { memory, save = null } = values;
  if ((!video && !memory) || positionals.length > 1 || (questions.length === 0 && !save)) throw new ToolError(usage);
  const onDisk = video && !isUrl(video) ? [knownFile(video)] : [];
  return {
    model: modelOption(values.model),
    files: memory ? [...onDisk, knownFile(memory, "MemoryUnreadable")] : onDisk,
    json: values.json,
    save,
    memory: memory !== undefined,
    encoder: choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]),
    url: video && isUrl(video) ? video : null,
    fps: numberOption("fps", values.fps, (fps) => fps > 0, usage),
    questions,
    from: choiceOption("from", values.from, ["memory", "look-again"]),
    at: numberOption("at", values.at, (at) => at >= 0, usage),
  };
}

void runTool(import.meta, ask);
