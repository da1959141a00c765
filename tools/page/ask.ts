import { AuroraError } from "../../src/errors.ts";
import type { AskOptions, Assistant, EncoderBackend, Session } from "../../src/session/types.ts";
import { keepAssistant } from "./assistants.ts";

export type AskCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  /** Address of the video; null when it is the first of the files. */
  readonly url: string | null;
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
  }[];
  readonly frames: number;
  readonly visualTokens: number;
  readonly watchMs: number;
  readonly stateBytes: number;
  readonly gpuBytes: number;
  readonly adapter: string;
  readonly encoder: string;
  /** What could not be watched, in sentences. */
  readonly notices: readonly string[];
};

/** Watches a video to its end and asks each question by itself. */
export async function ask(command: AskCommand, files: readonly File[]): Promise<AskResult> {
  const assistant = await keepAssistant(command);
  const source = command.url ?? files[0];
  if (source === undefined) throw new AuroraError("VideoUnreadable", "No video was given.");
  const session = assistant.watch(source, command.fps === null ? {} : { fps: command.fps });
  try {
    return await watchAndAsk(assistant, session, command);
  } finally {
    await session.close();
  }
}

async function watchAndAsk(assistant: Assistant, session: Session, command: AskCommand): Promise<AskResult> {
  await watched(session);
  const answers = [];
  for (const question of command.questions) {
    const options: AskOptions = { from: command.from, ...(command.at === null ? {} : { at: command.at }) };
    answers.push(await askAlone(session, question, options));
  }
  const { framesWatched, visualTokens, watchMs, stateBytes, gpuBytes, notices } = session.snapshot;
  return {
    answers,
    frames: framesWatched,
    visualTokens,
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
  let figures = { tokens: 0, firstTokenMs: 0, tokensPerSecond: 0 };
  for await (const piece of session.ask(question, options)) {
    answer += piece.text;
    figures = piece.figures;
  }
  const { tokens, firstTokenMs, tokensPerSecond } = figures;
  return { question, answer: answer.trim(), tokens, firstTokenMs, tokensPerSecond };
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
