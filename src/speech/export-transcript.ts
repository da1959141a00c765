import type { SpokenLine } from "./transcript.ts";

/** Forms in which a transcript can be had. */
export const transcriptFormats = ["vtt", "srt", "text", "json"] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** The transcript as WebVTT (W3C), SubRip, plain text, or JSON with the times of the words. */
export function exportTranscript(lines: readonly SpokenLine[], format: TranscriptFormat): string {
  switch (format) {
    case "vtt":
      return `WEBVTT\n${lines.map((line) => `\n${range(line, ".")}\n${escaped(line.text)}\n`).join("")}`;
    case "srt":
      return lines.map((line, i) => `${i + 1}\n${range(line, ",")}\n${oneLine(line.text)}\n`).join("\n");
    case "text":
      return lines.map(({ text }) => `${oneLine(text)}\n`).join("");
    case "json":
      return `${JSON.stringify({ lines: lines.map(plain) }, null, 2)}\n`;
  }
}

function plain({ startSeconds, endSeconds, text, words }: SpokenLine) {
  return { startSeconds, endSeconds, text, words };
}

/** A cue must last for some time, and its text may hold no arrow, no empty line and no tag. */
function range({ startSeconds, endSeconds }: SpokenLine, mark: "." | ","): string {
  const start = Math.max(0, Math.round(startSeconds * 1000));
  const end = Math.max(start + 1, Math.round(endSeconds * 1000));
  return `${clock(start, mark)} --> ${clock(end, mark)}`;
}

function escaped(text: string): string {
  return oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function clock(milliseconds: number, mark: "." | ","): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const seconds = milliseconds / 1000;
  const rest = String(milliseconds % 1000).padStart(3, "0");
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${mark}${rest}`;
}
