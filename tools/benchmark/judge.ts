import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { ToolError } from "../run-tool.ts";
import type { AskJudge, Item, Result, Task, Verdict } from "./task.ts";

/** A judge that speaks OpenAI's chat completions. `key` is sent as a bearer token; null for none. */
export type Judge = { readonly url: string; readonly model: string; readonly key: string | null };

/** How often an answer is asked for before the run ends. */
const tries = 5;

/** Asks a judge at an address. @param waitMs pause before another try; grows with each */
export function createJudge({ url, model, key }: Judge, waitMs = 2000): AskJudge {
  const address = /\/chat\/completions\/?$/.test(url) ? url : `${url.replace(/\/+$/, "")}/chat/completions`;
  return async (system, user, maxTokens) => {
    const messages = [
      { role: "system", content: system },
      { role: "user", content: user },
    ];
    let failure = "";
    for (let attempt = 1; attempt <= tries; attempt++) {
      const reply = await post(address, { model, messages, temperature: 0, max_tokens: maxTokens }, key);
      if ("text" in reply) return reply.text;
      failure = reply.failure;
      if (!reply.passing) break;
      await new Promise((resolve) => setTimeout(resolve, waitMs * attempt));
    }
    throw new ToolError(`The judge at ${address} gave no answer: ${failure}. --resume goes on where it was.`);
  };
}

type Reply = { readonly text: string } | { readonly failure: string; readonly passing: boolean };

async function post(address: string, body: object, key: string | null): Promise<Reply> {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(120_000),
    });
    if (!response.ok)
      return { failure: `HTTP ${response.status}`, passing: response.status >= 500 || response.status === 429 };
    const { choices } = (await response.json()) as { choices?: { message?: { content?: string } }[] };
    const text = choices?.[0]?.message?.content?.trim() ?? "";
    return text === "" ? { failure: "an empty reply", passing: true } : { text };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error), passing: true };
  }
}

/** Verdicts by item, from a file of one line each; those of other answers do not count. */
export function readVerdicts(path: string, results: ReadonlyMap<string, Result>): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  if (!existsSync(path)) return verdicts;
  const text = readFileSync(path, "utf8");
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    if (line === "") continue;
    const { id, answer, verdict } = JSON.parse(line) as { id: string; answer: string; verdict: Verdict };
    if (results.get(id)?.answer === answer) verdicts.set(id, verdict);
  }
  return verdicts;
}

/** Has a judge look at the answers that have no verdict yet, and keeps each as it comes. */
export async function judgeAnswers(
  task: Task,
  answers: readonly { readonly item: Item; readonly answer: string }[],
  verdicts: Map<string, Verdict>,
  path: string,
  ask: AskJudge,
): Promise<void> {
  for (const { item, answer } of answers) {
    if (!task.judge || verdicts.has(item.id)) continue;
    const verdict = await task.judge(item, answer, ask);
    appendFileSync(path, `${JSON.stringify({ id: item.id, answer, verdict })}\n`);
    verdicts.set(item.id, verdict);
  }
}
