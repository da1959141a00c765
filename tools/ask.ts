import { parseArgs } from "node:util";
import type { TranscriptLine } from "../src/session/types.ts";
import { exportTranscript, type TranscriptFormat, transcriptFormats } from "../src/speech/export-transcript.ts";
import { choiceOption, isUrl, modelOption, numberOption, videoFile } from "./arguments.ts";
import { openHost } from "./host.ts";
import type { AskCommand } from "./page/ask.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  'usage: npm run ask -- <video> --question "…" [--question "…"] [--model DIR|URL] [--fps N] [--from memory|look-again] [--at S] [--encoder auto|webgpu|wasm] [--transcript vtt|srt|text|json] [--json]';

type AskArguments = Omit<AskCommand, "model"> & {
  readonly model: string;
  readonly files: readonly string[];
  readonly json: boolean;
  /** Form in which to print what is said; null where nobody wants to know. */
  readonly transcript: TranscriptFormat | null;
};

/** `npm run ask`: asks questions about a video, or has it written down what is said in it. */
export async function ask(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { model, files, json, transcript, ...command } = parseAsk(args);
  const host = await open();
  try {
    const address = host.modelAddress(model);
    const asked = command.questions.length > 0 ? await host.run("ask", { ...command, model: address }, files) : null;
    const heard = transcript === null ? null : await host.run("listen", { url: command.url }, files);
    for (const notice of asked?.notices ?? []) output.warn(notice);
    if (heard && !heard.hasSound) output.warn("This video has no sound.");
    if (json) output.print(JSON.stringify({ ...asked, ...(heard && { transcript: heard.lines.map(plain) }) }, null, 2));
    else {
      for (const { question, answer } of asked?.answers ?? [])
        output.print(command.questions.length > 1 ? `${question}\n  ${answer}` : answer);
      if (heard && transcript) output.print(exportTranscript(heard.lines, transcript).trimEnd());
    }
  } finally {
    await host.close();
  }
}

function plain({ startSeconds, endSeconds, text, words }: TranscriptLine) {
  return { startSeconds, endSeconds, text, words };
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
      transcript: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [video] = positionals;
  const questions = values.question ?? [];
  if (!video || positionals.length > 1 || (questions.length === 0 && !values.transcript)) throw new ToolError(usage);
  return {
    model: modelOption(values.model),
    files: isUrl(video) ? [] : [videoFile(video)],
    json: values.json,
    transcript: values.transcript ? choiceOption("transcript", values.transcript, transcriptFormats) : null,
    encoder: choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]),
    url: isUrl(video) ? video : null,
    fps: numberOption("fps", values.fps, (fps) => fps > 0, usage),
    questions,
    from: choiceOption("from", values.from, ["memory", "look-again"]),
    at: numberOption("at", values.at, (at) => at >= 0, usage),
  };
}

void runTool(import.meta, ask);
