import { exportTranscript } from "../../speech/export-transcript.ts";
import type { ExportKind, SessionSnapshot } from "../types.ts";
import type { Export } from "./options.ts";

type Exported = Pick<SessionSnapshot, "video" | "watchedUntilSeconds" | "scenes" | "notes" | "standing" | "turns">;

/** What was asked for of a session as a text that can be saved. */
export function exportSession(snapshot: SessionSnapshot, wanted: Export): string {
  return wanted.part === "notes"
    ? exportNotes(snapshot, wanted.kind)
    : exportTranscript(snapshot.transcript.lines, wanted.kind);
}

/** A session's notes as subtitles, or with scenes, standing questions and the conversation as a text or as data. */
function exportNotes(snapshot: Exported, kind: ExportKind): string {
  switch (kind) {
    case "vtt":
      return `WEBVTT\n\n${subtitles(snapshot, ".", (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;"))}`;
    case "srt":
      return subtitles(snapshot, ",", (text) => text);
    case "markdown":
      return markdown(snapshot);
    case "json":
      return `${JSON.stringify(plain(snapshot), null, 2)}\n`;
  }
}

/** Cues whose texts have no empty lines, which would end them, and no arrow, which is a cue's mark. */
function subtitles({ notes }: Exported, point: string, quote: (text: string) => string): string {
  const cues = notes.map(({ fromSeconds, untilSeconds, text }, i) => {
    const until = Math.max(untilSeconds, fromSeconds + 0.5); // one frame's scene must be seen too
    const lines = quote(text.replaceAll("-->", "→"))
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "");
    return `${i + 1}\n${cueTime(fromSeconds, point)} --> ${cueTime(until, point)}\n${lines.join("\n")}\n`;
  });
  return cues.join("\n");
}

/** `01:02:03.456` */
function cueTime(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1000);
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  const [hours, minutes, rest] = [h, m, s].map((part) => String(part).padStart(2, "0"));
  return `${hours}:${minutes}:${rest}${point}${String(ms % 1000).padStart(3, "0")}`;
}

/** `3:07`, or `1:02:03` from an hour on. */
function clock(seconds: number): string {
  const [hours, minutes, rest] = cueTime(seconds, ".").slice(0, 8).split(":").map(Number) as [number, number, number];
  const padded = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${padded}` : `${minutes}:${padded}`;
}

function markdown({ video, notes, standing, turns }: Exported): string {
  const parts = [`# ${line(video?.name ?? "Video")}`];
  if (notes.length > 0) {
    const items = notes.map(({ fromSeconds, text }) => `- **${clock(fromSeconds)}** ${line(text)}`);
    parts.push(`## Notes\n\n${items.join("\n")}`);
  }
  for (const { question, answers } of standing) {
    const items = answers.map(({ atSeconds, text }) => `- **${clock(atSeconds)}** ${line(text)}`);
    parts.push(`## ${line(question)}\n\n${items.join("\n") || "No answer yet."}`);
  }
  if (turns.length > 0) {
    const items = turns.map(({ question, text, asOfSeconds }) => {
      const when = asOfSeconds === null ? "" : ` (as of ${clock(asOfSeconds)})`;
      return `**${line(question)}**${when}\n\n${line(text)}`;
    });
    parts.push(`## Conversation\n\n${items.join("\n\n")}`);
  }
  return `${parts.join("\n\n")}\n`;
}

/** A text on one line, of which Markdown makes nothing but text. */
function line(text: string): string {
  return text
    .trim()
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(/[\\`*_[\]<>#|~]/g, "\\$&");
}

/** Without pictures and figures. */
function plain({ video, watchedUntilSeconds, scenes, notes, standing, turns }: Exported): Exported {
  return { video, watchedUntilSeconds, scenes, notes, standing, turns };
}
