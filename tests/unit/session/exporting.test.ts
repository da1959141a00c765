import { expect, it } from "vitest";
import { exportSession } from "../../../src/session/page/exporting.ts";
import { emptySnapshot, type SessionSnapshot } from "../../../src/session/types.ts";

const snapshot: SessionSnapshot = {
  ...emptySnapshot,
  watchedUntilSeconds: 3725.5,
  notes: [
    { id: 1, fromSeconds: 0, untilSeconds: 61.25, text: "A <pig> & a\n\ncat --> gone.", edited: false },
    { id: 2, fromSeconds: 3725.0004, untilSeconds: 3725.0004, text: "The end.", edited: true },
  ],
  standing: [{ id: 1, question: "Who is *there*?", answers: [{ atSeconds: 65, text: "A pig." }] }],
  turns: [{ id: 1, parent: 0, question: "What?", text: "A pig.", asOfSeconds: 3661 }],
};

it("writes WebVTT, whose texts are nothing but text", () => {
  expect(exportSession(snapshot, { part: "notes", kind: "vtt" })).toBe(
    [
      "WEBVTT",
      "",
      "1",
      "00:00:00.000 --> 00:01:01.250",
      "A &lt;pig> &amp; a",
      "cat → gone.",
      "",
      "2",
      "01:02:05.000 --> 01:02:05.500",
      "The end.",
      "",
    ].join("\n"),
  );
  expect(exportSession(emptySnapshot, { part: "notes", kind: "vtt" })).toBe("WEBVTT\n\n");
});

it("writes SubRip", () => {
  expect(exportSession(snapshot, { part: "notes", kind: "srt" })).toContain(
    "1\n00:00:00,000 --> 00:01:01,250\nA <pig> & a\ncat → gone.\n\n2\n",
  );
});

it("writes Markdown with times", () => {
  const text = exportSession(snapshot, { part: "notes", kind: "markdown" });
  expect(text).toContain("- **0:00** A \\<pig\\> & a cat --\\> gone.\n- **1:02:05** The end.");
  expect(text).toContain("## Who is \\*there\\*?\n\n- **1:05** A pig.");
  expect(text).toContain("**What?** (as of 1:01:01)\n\nA pig.");
});

it("writes JSON with all of it, without pictures", () => {
  const { notes, standing, turns, scenes, watchedUntilSeconds } = snapshot;
  const written = JSON.parse(exportSession(snapshot, { part: "notes", kind: "json" }));
  expect(written).toEqual({ video: null, watchedUntilSeconds, scenes, notes, standing, turns });
});
