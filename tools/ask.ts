import { parseArgs } from "node:util";
import { choiceOption, isUrl, modelOption, numberOption, videoFile } from "./arguments.ts";
import { openHost } from "./host.ts";
import type { AskCommand } from "./page/ask.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  'usage: npm run ask -- <video> --question "…" [--question "…"] [--model DIR|URL] [--fps N] [--from memory|look-again] [--at S] [--encoder auto|webgpu|wasm] [--json]';

type AskArguments = Omit<AskCommand, "model"> & {
  readonly model: string;
  readonly files: readonly string[];
  readonly json: boolean;
};

/** `npm run ask`: asks questions about a video. */
export async function ask(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { model, files, json, ...command } = parseAsk(args);
  const host = await open();
  try {
    const result = await host.run("ask", { ...command, model: host.modelAddress(model) }, files);
    for (const notice of result.notices) output.warn(notice);
    if (json) output.print(JSON.stringify(result, null, 2));
    else
      for (const { question, answer } of result.answers)
        output.print(command.questions.length > 1 ? `${question}\n  ${answer}` : answer);
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
      fps: { type: "string" },
      from: { type: "string", default: "memory" },
      at: { type: "string" },
      encoder: { type: "string", default: "auto" },
      json: { type: "boolean", default: false },
    },
  });
  const [video] = positionals;
  const questions = values.question ?? [];
  if (!video || positionals.length > 1 || questions.length === 0) throw new ToolError(usage);
  return {
    model: modelOption(values.model),
    files: isUrl(video) ? [] : [videoFile(video)],
    json: values.json,
    encoder: choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]),
    url: isUrl(video) ? video : null,
    fps: numberOption("fps", values.fps, (fps) => fps > 0, usage),
    questions,
    from: choiceOption("from", values.from, ["memory", "look-again"]),
    at: numberOption("at", values.at, (at) => at >= 0, usage),
  };
}

void runTool(import.meta, ask);
