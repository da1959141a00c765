import { parseArgs } from "node:util";
import type { TranscriptLine } from "../src/session/types.ts";
import { exportTranscript, type TranscriptFormat, transcriptFormats } from "../src/speech/export-transcript.ts";
import { choiceOption, isUrl, knownFile, modelOption, numberOption } from "./arguments.ts";
import { openHost } from "./host.ts";
import type { AskCommand } from "./page/ask.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  'usage: npm run ask -- [<video>] [--memory FILE.aurora] --question "…" [--question "…"] [--save FILE.aurora] [--transcript vtt|srt|text|json] [--model DIR|URL] [--fps N] [--from memory|look-again] [--at S] [--encoder auto|webgpu|wasm] [--json]; a video, a memory to open, or both to watch on, or neither to chat with a model for text only; a question, a memory to save, or the form in which to print what is said in the video';

type AskArguments = Omit<AskCommand, "model" | "save"> & {
  readonly model: string;
  readonly files: readonly string[];
  readonly json: boolean;
  /** Where the memory is saved; null where it is not. */
  readonly save: string | null;
  /** Form in which to print what is said in the video; null where nobody wants to know. */
  readonly transcript: TranscriptFormat | null;
};

/** `npm run ask`: asks questions about a video or a memory file, saves a memory, or has it written down what is said. */
export async function ask(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { model, files, json, save, transcript, ...command } = parseAsk(args);
  const host = await open();
  try {
    const options = { ...command, model: host.modelAddress(model), save: save !== null };
    const watches = command.questions.length > 0 || save !== null;
    const seen = save ? await host.download(save, "ask", options, files) : null;
    const asked = seen ?? (watches ? await host.run("ask", options, files) : null);
    const heard = transcript === null ? null : await host.run("listen", { url: command.url }, files.slice(0, 1));
    for (const notice of asked?.notices ?? []) output.warn(notice);
    if (heard && !heard.hasSound) output.warn("This video has no sound.");
    if (json) output.print(JSON.stringify({ ...asked, ...(heard && { transcript: heard.lines.map(plain) }) }, null, 2));
    else {
      for (const { question, answer, asOfSeconds, fromNeighbour } of asked?.answers ?? []) {
        output.print(command.questions.length > 1 ? `${question}\n  ${answer}` : answer);
        if (fromNeighbour) output.warn(`What was seen up to then is gone; this is how it was at ${asOfSeconds} s.`);
      }
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
      memory: { type: "string" },
      save: { type: "string" },
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
  const { memory, save = null } = values;
  const transcript = values.transcript ? choiceOption("transcript", values.transcript, transcriptFormats) : null;
  const wanted = questions.length > 0 || save !== null || transcript !== null;
  const chats = questions.length > 0 && save === null;
  if ((!video && !memory && !chats) || (!video && transcript) || positionals.length > 1 || !wanted)
    throw new ToolError(usage);
  const onDisk = video && !isUrl(video) ? [knownFile(video)] : [];
  return {
    model: modelOption(values.model),
    files: memory ? [...onDisk, knownFile(memory, "MemoryUnreadable")] : onDisk,
    json: values.json,
    save,
    memory: memory !== undefined,
    transcript,
    encoder: choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]),
    url: video && isUrl(video) ? video : null,
    fps: numberOption("fps", values.fps, (fps) => fps > 0, usage),
    questions,
    from: choiceOption("from", values.from, ["memory", "look-again"]),
    at: numberOption("at", values.at, (at) => at >= 0, usage),
  };
}

void runTool(import.meta, ask);
