import { parseArgs } from "node:util";
import { choiceOption, numberOption } from "./arguments.ts";
import { isUrl, modelAddress, openHost } from "./host.ts";
import type { AskCommand } from "./page/ask.ts";
import { runTool, ToolError } from "./run-tool.ts";

const usage =
  'usage: npm run ask -- <video> --question "…" [--question "…"] [--model DIR|URL] [--fps N] [--from memory|look-again] [--at S] [--encoder auto|webgpu|wasm] [--json]';

void runTool(async () => {
  const { values, positionals } = parseArgs({
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
  const command: AskCommand = {
    model: modelAddress(values.model),
    encoder: choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]),
    url: isUrl(video) ? video : null,
    fps: numberOption("fps", values.fps, (fps) => fps > 0, usage),
    questions,
    from: choiceOption("from", values.from, ["memory", "look-again"]),
    at: numberOption("at", values.at, (at) => at >= 0, usage),
  };
  const host = await openHost(values.model);
  try {
    const result = await host.run("ask", command, isUrl(video) ? [] : [video]);
    for (const notice of result.notices) console.error(notice);
    if (values.json) console.log(JSON.stringify(result, null, 2));
    else
      for (const { question, answer } of result.answers)
        console.log(questions.length > 1 ? `${question}\n  ${answer}` : answer);
  } finally {
    await host.close();
  }
});
