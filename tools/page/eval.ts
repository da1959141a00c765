import { AuroraError, toAuroraError } from "../../src/errors.ts";
import type { AskOptions, Assistant, EncoderBackend, Session } from "../../src/session/types.ts";
import { askAlone, watched } from "./ask.ts";
import { keepAssistant } from "./assistants.ts";

/** Ways to ask a question. */
export type From = NonNullable<AskOptions["from"]>;

export type EvalCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  /** Each question is asked in each of these ways. */
  readonly from: readonly From[];
  /** One for each of the files. */
  readonly clips: readonly EvalClip[];
};

export type EvalClip = {
  /** For messages. */
  readonly name: string;
  /** How long it is; one that turns out shorter is damaged. Null when unknown. */
  readonly seconds: number | null;
  readonly questions: readonly string[];
};

/** Answers to one question. */
export type EvalAnswers = { readonly [way in From]?: string };

export type EvalResult = {
  /** By clip, by question. */
  readonly answers: readonly (readonly EvalAnswers[])[];
  /** What could not be watched, in sentences. */
  readonly notices: readonly string[];
};

/** Watches each clip once and asks its questions, each by itself. Progress goes to the console. @throws AuroraError naming the clip */
export async function evaluate(command: EvalCommand, files: readonly File[]): Promise<EvalResult> {
  const { clips } = command;
  const assistant = await keepAssistant(command);
  const answers: EvalAnswers[][] = [];
  const notices: string[] = [];
  for (const [i, clip] of clips.entries()) {
    const asked = await askAbout(assistant, files[i] as File, clip, command.from).catch((error: unknown) => {
      const { code, message, cause } = toAuroraError(error, "Unexpected", "Asking about this clip failed.");
      throw new AuroraError(code, `${clip.name}: ${message}`, cause);
    });
    answers.push(asked.answers);
    notices.push(...asked.notices.map((notice) => `${clip.name}: ${notice}`));
    console.info(`${i + 1} / ${clips.length} clips`);
  }
  return { answers, notices };
}

type Asked = { readonly answers: EvalAnswers[]; readonly notices: readonly string[] };

async function askAbout(assistant: Assistant, file: File, clip: EvalClip, ways: readonly From[]): Promise<Asked> {
  const session = assistant.watch(file);
  try {
    await watched(session);
    return await askAll(session, clip, ways);
  } finally {
    await session.close();
  }
}

async function askAll(session: Session, clip: EvalClip, ways: readonly From[]): Promise<Asked> {
  const { video, notices } = session.snapshot;
  if (clip.seconds !== null && video && video.durationSeconds !== clip.seconds) {
    const found = `only ${video.durationSeconds} s of ${clip.seconds} s can be read`;
    throw new AuroraError("VideoUnreadable", `One of its pictures is damaged: ${found}.`);
  }
  const answers: EvalAnswers[] = [];
  for (const question of clip.questions) {
    const said: { [way in From]?: string } = {};
    for (const from of ways) said[from] = (await askAlone(session, question, { from })).answer;
    answers.push(said);
  }
  return { answers, notices: notices.map(({ code, message }) => `${code}: ${message}`) };
}
