import { AuroraError } from "../../errors.ts";
import type { AnswerPiece, AnswerScore, AskOptions, ProbeOptions, ProbeReport, ScoreOptions } from "../types.ts";
import { createAnswerQueue } from "./answer-queue.ts";
import type { Link } from "./link.ts";
import { checkAnswers, checkQuestion } from "./options.ts";

/** Sends a question to the worker, and yields the answer as it comes. */
export async function* ask(
  link: Link,
  session: number,
  question: string,
  { signal, ...options }: AskOptions,
): AsyncGenerator<AnswerPiece, void, void> {
  checkQuestion(question, options);
  const number = link.next();
  const queue = createAnswerQueue();
  const stop = () => link.send({ type: "stop-answer", ask: number });
  link.answers.set(number, queue);
  if (link.ended) queue.fail(AuroraError.fromData(link.ended));
  else link.send({ type: "ask", session, ask: number, question, options });
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    yield* queue.pieces();
  } finally {
    signal?.removeEventListener("abort", stop);
    stop(); // without effect when the answer is complete
    link.answers.delete(number);
  }
}

/** Has the worker tell how likely answers are. */
export async function score(
  link: Link,
  session: number,
  question: string,
  answers: readonly string[],
  { signal, ...options }: ScoreOptions,
): Promise<readonly AnswerScore[]> {
  checkQuestion(question, options);
  checkAnswers(answers);
  if (link.ended) throw AuroraError.fromData(link.ended);
  const number = link.next();
  const scored = Promise.withResolvers<readonly AnswerScore[]>();
  const stop = () => link.send({ type: "stop-answer", ask: number });
  link.scores.set(number, scored);
  link.send({ type: "score", session, ask: number, question, answers, options });
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    return await scored.promise;
  } finally {
    signal?.removeEventListener("abort", stop);
    link.scores.delete(number);
  }
}

/** Has the worker check the model. */
export async function probe(link: Link, { signal, onProgress }: ProbeOptions): Promise<ProbeReport> {
  if (link.ended) throw AuroraError.fromData(link.ended);
  if (link.probe) throw new AuroraError("BadRequest", "probe: the model is being checked already. Wait for its end.");
  const running = { ...Promise.withResolvers<ProbeReport>(), ...(onProgress && { onProgress }) };
  const stop = () => link.send({ type: "stop-probe" });
  link.probe = running;
  link.send({ type: "probe" });
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    return await running.promise;
  } finally {
    signal?.removeEventListener("abort", stop);
    link.probe = null;
  }
}
