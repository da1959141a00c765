import { ALL_FORMATS, BlobSource, Input } from "mediabunny";
import { AuroraError } from "../../src/errors.ts";
import type { AnswerScore, AskOptions, EncoderBackend, Session } from "../../src/session/types.ts";
import { askAlone, watched } from "./ask.ts";
import { keepAssistant } from "./assistants.ts";

export type WatchCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  readonly sampling: { readonly fps: number } | { readonly frames: number };
  /** Whether questions will tell their moment as a number of a frame. */
  readonly countsFrames: boolean;
};

export type QuestionCommand = {
  readonly prompt: string;
  readonly from: NonNullable<AskOptions["from"]>;
  readonly maxTokens: number;
  readonly at: { readonly seconds: number } | { readonly frame: number } | null;
  /** Answers whose likelihood is told, and the question that they are answers to. */
  readonly choice: { readonly question: string; readonly options: readonly string[] } | null;
};

export type QuestionResult = {
  readonly answer: string;
  readonly likelihoods: readonly Omit<AnswerScore, "answer">[] | null;
  readonly asOfSeconds: number | null;
};

/** The video that is asked about. */
let current: { readonly session: Session; readonly fps: number | null } | null = null;

/** Watches a video, which stays open until the next one. Resolves with what could not be watched of it, in sentences. */
export async function watchForQuestions(command: WatchCommand, files: readonly File[]): Promise<readonly string[]> {
  const [file] = files;
  if (!file) throw new AuroraError("VideoUnreadable", "No video was given.");
  await current?.session.close();
  current = null;
  const assistant = await keepAssistant(command);
  const session = assistant.watch(file, command.sampling);
  try {
    await watched(session);
    current = { session, fps: command.countsFrames ? await frameRate(file) : null };
  } catch (error) {
    await session.close();
    throw error;
  }
  return session.snapshot.notices.map(({ code, message }) => `${code}: ${message}`);
}

/** Asks one question about the video that was watched, as if it were the only one. */
export async function askQuestion(command: QuestionCommand): Promise<QuestionResult> {
  if (!current) throw new AuroraError("BadRequest", "No video was watched.");
  const { session, fps } = current;
  const { prompt, maxTokens, choice } = command;
  const at = toSeconds(command.at, fps);
  const options = { from: command.from, ...(at === null ? {} : { at }) };
  const { answer, asOfSeconds } = await askAlone(session, prompt, { ...options, maxTokens });
  session.resetConversation();
  if (!choice) return { answer, likelihoods: null, asOfSeconds };
  const scores = await session.score(choice.question, choice.options, options);
  const likelihoods = scores.map(({ logLikelihood, tokens }) => ({ logLikelihood, tokens }));
  return { answer, likelihoods, asOfSeconds };
}

function toSeconds(at: QuestionCommand["at"], fps: number | null): number | null {
  if (at === null || "seconds" in at) return at?.seconds ?? null;
  if (fps === null)
    throw new AuroraError("VideoUnreadable", `The video does not tell when frame ${at.frame} is shown.`);
  return at.frame / fps;
}

/** Frames a second of a file; null where it has no picture. */
async function frameRate(file: Blob): Promise<number | null> {
  const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  return (await track?.computePacketStats())?.averagePacketRate ?? null;
}
