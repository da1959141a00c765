import { AuroraError } from "../../src/errors.ts";
import { noFigures } from "../../src/session/asking/asked.ts";
import type { AskOptions, Assistant, EncoderBackend, Session, SessionSnapshot } from "../../src/session/types.ts";
import { keepAssistant } from "./assistants.ts";

export type AskCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  /** Address of the video; null when it is the first of the files, or there is none. */
  readonly url: string | null;
  /** Whether the last of the files is a memory file, which is opened; with a video, it is watched on. */
  readonly memory?: boolean;
  /** Whether what was seen is downloaded as a memory file in the end. */
  readonly save?: boolean;
  /** Null for the model's own rate. */
  readonly fps: number | null;
  readonly questions: readonly string[];
  readonly from: NonNullable<AskOptions["from"]>;
  /** Ask as of this second of the video; null for all of it. */
  readonly at: number | null;
};

export type AskResult = {
  readonly answers: readonly {
    readonly question: string;
    readonly answer: string;
    readonly tokens: number;
    readonly firstTokenMs: number;
    readonly tokensPerSecond: number;
    /** The moment of the video that it knows of and nothing after, in seconds. */
    readonly asOfSeconds: number | null;
    /** Whether what was seen up to the moment asked for is gone, so that a neighbouring key state answered. */
    readonly fromNeighbour: boolean;
  }[];
  readonly frames: number;
  readonly visualTokens: number;
  /** From cut to cut, in seconds. */
  readonly scenes: SessionSnapshot["scenes"];
  readonly watchMs: number;
  readonly stateBytes: number;
  readonly gpuBytes: number;
  readonly adapter: string;
  readonly encoder: string;
  /** What could not be watched, in sentences. */
  readonly notices: readonly string[];
};

/** Watches a video to its end, opens a memory, or chats where the model is for text only, and asks each question by itself. */
export async function ask(command: AskCommand, files: readonly File[]): Promise<AskResult> {
  const assistant = await keepAssistant(command);
  const session = await openSession(assistant, command, files);
  try {
    const result = await watchAndAsk(assistant, session, command);
    if (command.save) download(await session.save(), "memory.aurora");
    return result;
  } finally {
    await session.close();
  }
}

async function openSession(assistant: Assistant, command: AskCommand, files: readonly File[]): Promise<Session> {
  const memory = command.memory ? files.at(-1) : undefined;
  const video = command.url ?? files.find((file) => file !== memory);
  const options = command.fps === null ? {} : { fps: command.fps };
  if (memory) return assistant.open(memory, video === undefined ? options : { ...options, video });
  if (video !== undefined) return assistant.watch(video, options);
  if (!assistant.model.sees) return assistant.chat();
  const message = `No video was given, which ${assistant.model.name} answers about. Give one, or a memory file.`;
  throw new AuroraError("VideoUnreadable", message);
}

/** Hands a file to the browser, which saves it. */
export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
}

async function watchAndAsk(assistant: Assistant, session: Session, command: AskCommand): Promise<AskResult> {
  await watched(session);
  const answers = [];
  for (const question of command.questions) {
    const options: AskOptions = { from: command.from, ...(command.at === null ? {} : { at: command.at }) };
    answers.push(await askAlone(session, question, options));
  }
  const { framesWatched, visualTokens, scenes, watchMs, stateBytes, gpuBytes, notices } = session.snapshot;
  return {
    answers,
    frames: framesWatched,
    visualTokens,
    scenes,
    watchMs,
    stateBytes,
    gpuBytes,
    adapter: assistant.adapter.description,
    encoder: assistant.adapter.encoder,
    notices: notices.map(({ code, message }) => `${code}: ${message}`),
  };
}

/** Asks a question as if it were the first: no other question and answer is before it. */
export async function askAlone(
  session: Session,
  question: string,
  options: AskOptions,
): Promise<AskResult["answers"][number]> {
  session.resetConversation();
  let answer = "";
  let figures = noFigures;
  for await (const piece of session.ask(question, options)) {
    answer += piece.text;
    figures = piece.figures;
  }
  const { tokens, firstTokenMs, tokensPerSecond, asOfSeconds, fromNeighbour } = figures;
  const told = { tokens, firstTokenMs, tokensPerSecond, asOfSeconds, fromNeighbour };
  return { question, answer: answer.trim(), ...told };
}

/** Resolves when the session has watched everything. @throws the session's error */
export function watched(session: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      const { status, error } = session.snapshot;
      if (status === "done") resolve();
      if (status === "failed" && error) reject(AuroraError.fromData(error));
    };
    session.subscribe(check);
    check();
  });
}
