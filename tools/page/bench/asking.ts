import { openAssistant } from "../../../src/session/page/client.ts";
import type { AnswerFigures, Assistant, OpenOptions, Session } from "../../../src/session/types.ts";
import { watched } from "../ask.ts";
import { type Figure, median, timed } from "./measure.ts";

const openings = 3;

/** Opens the model a few times, once uncounted: the tools' server compiles the worker's modules then. Leaves the last open. */
export async function benchOpening(
  options: Required<Pick<OpenOptions, "model" | "encoder" | "encoderPrecision">>,
): Promise<{ assistant: Assistant; figures: Figure[] }> {
  const times: number[] = [];
  const { model, encoder, encoderPrecision } = options;
  let assistant = await openAssistant({ model, encoder, encoderPrecision });
  for (let i = 0; i < openings; i++) {
    await assistant.close();
    const milliseconds = await timed(async () => {
      assistant = await openAssistant({ model, encoder, encoderPrecision });
    });
    times.push(milliseconds);
  }
  const note = `worker started, model loaded and compiled, from this machine's disk; median of ${openings}`;
  return { assistant, figures: [{ id: "open-ms", value: median(times), unit: "ms", note }] };
}

/** Watches sample clips at the model's own rate and asks about each, all from opening the file on. */
export async function benchClips(
  assistant: Assistant,
  clips: readonly File[],
  questions: readonly string[],
): Promise<Figure[]> {
  const rates: number[] = [];
  const answers: AnswerFigures[] = [];
  for (const clip of clips) {
    const begin = performance.now();
    const session = assistant.watch(clip);
    await watched(session);
    rates.push((session.snapshot.framesWatched * 1000) / (performance.now() - begin));
    answers.push(...(await askAll(session, questions)));
    await session.close();
  }
  const first = answers.filter(({ tokens }) => tokens > 0).map(({ firstTokenMs }) => firstTokenMs);
  const rest = answers.filter(({ tokens }) => tokens > 1).map(({ tokensPerSecond }) => tokensPerSecond);
  const of = `median of ${answers.length} answers from memory`;
  return [
    figure(
      "watch-fps",
      median(rates),
      "1/s",
      `a sample clip from file to state, decoding included; median of ${clips.length} clips`,
    ),
    figure("first-token-ms", median(first), "ms", `from the question to the first token, after the video; ${of}`),
    ...(rest.length > 0 ? [figure("answer-tokens-per-s", median(rest), "1/s", `after the first token; ${of}`)] : []),
  ];
}

function figure(id: string, value: number, unit: string, note: string): Figure {
  return { id, value, unit, note };
}

async function askAll(session: Session, questions: readonly string[]): Promise<AnswerFigures[]> {
  const answers: AnswerFigures[] = [];
  for (const question of questions) {
    session.resetConversation();
    for await (const { done, figures } of session.ask(question)) if (done) answers.push(figures);
  }
  return answers;
}
