import { formatClock } from "../parts/format.ts";
import { momentOf, type Turn } from "./conversation.ts";
import { describeScope } from "./describe-scope.ts";

/** What the conversation was about, for its heading. */
type About = { readonly video: string; readonly date: Date };

/** The conversation as Markdown: each question with the second of the video that it was asked at, its answer, and who gave it. */
export function conversationAsMarkdown(turns: readonly Turn[], { video, date }: About): string {
  const day = date.toISOString().slice(0, 10);
  const told = turns.filter(({ text }) => text !== "");
  return [`# ${plain(video)}`, `Asked on ${day}.`, ...told.flatMap(turnAsMarkdown)].join("\n\n").concat("\n");
}

function turnAsMarkdown(turn: Turn): string[] {
  const { question, text, status, modelName, mode, scope, instead } = turn;
  const moment = momentOf(turn);
  const facts = [
    modelName,
    moment === null || scope ? null : `at ${formatClock(moment)}`,
    scope ? describeScope(scope) : null,
    mode === "look-again" ? "looked again" : null,
    instead ? "another attempt" : null,
    status === "stopped" ? "stopped" : null,
  ];
  const answer = text.trim().split("\n").map(plain).join("\n\n");
  return [
    `## ${plain(question.replaceAll("\n", " "))}`,
    answer,
    `*${facts.filter(Boolean).map(String).map(plain).join(" · ")}*`,
  ];
}

/** Text of which Markdown makes nothing but text. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&").replace(/^(\s*\d*)([-+.)])(?=\s)/, "$1\\$2");
}
