import type { AnswerFigures, EncoderBackend } from "../../../src/session/types.ts";
import { watched } from "../ask.ts";
import { keepAssistant } from "../assistants.ts";

export type PaceCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  readonly questions: readonly string[];
};

/** Watches the first file with what the page asks of a session, and nothing of the page beside it; answers the questions. */
export async function pace(command: PaceCommand, [video]: readonly File[]) {
  if (!video) throw new Error("no video was given");
  const assistant = await keepAssistant(command);
  const session = assistant.watch(video, { notes: true, autosave: true });
  try {
    await watched(session);
    const { framesWatched, watchMs } = session.snapshot;
    const answers: AnswerFigures[] = [];
    for (const question of command.questions)
      for await (const { done, figures } of session.ask(question)) if (done) answers.push(figures);
    return {
      framesPerSecond: (framesWatched * 1000) / watchMs,
      tokensPerSecond: answers.filter(({ tokens }) => tokens > 1).map(({ tokensPerSecond }) => tokensPerSecond),
    };
  } finally {
    await session.close();
  }
}
