import { expect, it } from "vitest";
import { exportTranscript } from "../../../src/speech/export-transcript.ts";
import { toWords } from "../../../src/speech/token-words.ts";
import { type SpokenWord, toLines } from "../../../src/speech/transcript.ts";

/** Words of a text, a quarter of a second each from `start` on; "|" is a second's pause. */
function said(text: string, start = 0): SpokenWord[] {
  const words: SpokenWord[] = [];
  let at = start;
  for (const word of text.split(" ")) {
    if (word === "|") at += 1;
    else words.push({ text: word, startSeconds: at, endSeconds: at + 0.25 });
    at += word === "|" ? 0 : 0.25;
  }
  return words;
}

const texts = (words: readonly SpokenWord[]) => toLines(words).map(({ text }) => text);

it("a line is a sentence; short ones stand together, and a pause ends one", () => {
  expect(texts(said("The train leaves at noon. Yes. It will be late again today. Good"))).toEqual([
    "The train leaves at noon.",
    "Yes. It will be late again today.",
    "Good",
  ]);
  expect(texts(said("one two | three"))).toEqual(["one two", "three"]);
  expect(toLines([])).toEqual([]);
});

it("a line that gets too long is broken, at a comma where there is one", () => {
  const long = "When the evening came over the quiet hills, everybody who had been waiting walked home by the river";
  expect(texts(said(long))).toEqual([
    "When the evening came over the quiet hills,",
    "everybody who had been waiting walked home by the river",
  ]);
  for (const line of texts(said(Array<string>(60).fill("word").join(" ")))) expect(line.length).toBeLessThanOrEqual(84);
});

it("a line has its words' times", () => {
  const [line] = toLines(said("here it is", 3));
  expect(line).toMatchObject({ startSeconds: 3, endSeconds: 3.75, text: "here it is" });
});

it("tokens become words", () => {
  const tokens = [" Hel", "lo", ",", " world", ".", " ♪", " 日", "本"].map((text, i) => ({
    text,
    startSeconds: i,
    endSeconds: i + 1,
  }));
  expect(toWords(tokens)).toEqual([
    { text: "Hello,", startSeconds: 0, endSeconds: 3 },
    { text: "world.", startSeconds: 3, endSeconds: 5 },
    { text: "日", startSeconds: 6, endSeconds: 7 },
    { text: "本", startSeconds: 7, endSeconds: 8 },
  ]);
});

it("a recogniser that is stuck is heard once, a person who repeats a word is not cut", () => {
  const tokens = (text: string) =>
    text.split(" ").map((word, i) => ({ text: ` ${word}`, startSeconds: i, endSeconds: i + 1 }));
  const heard = (text: string) =>
    toWords(tokens(text))
      .map((word) => word.text)
      .join(" ");
  expect(
    heard("so thank you very much thank you very much thank you very much thank you very much thank you very much"),
  ).toBe("so thank you very much");
  expect(heard("no no no go")).toBe("no no no go");
});

const lines = [
  { startSeconds: 0.0004, endSeconds: 1.5, text: "Is 1 < 2 & 3 > 2?", words: null },
  { startSeconds: 3661.5, endSeconds: 3661.5, text: "Two\nlines -->", words: said("Two lines", 3661.5) },
];

it("exports WebVTT, with what is markup escaped", () => {
  expect(exportTranscript(lines, "vtt")).toBe(
    "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nIs 1 &lt; 2 &amp; 3 &gt; 2?\n" +
      "\n01:01:01.500 --> 01:01:01.501\nTwo lines --&gt;\n",
  );
  expect(exportTranscript([], "vtt")).toBe("WEBVTT\n");
});

it("exports SRT, text and JSON", () => {
  expect(exportTranscript(lines, "srt")).toBe(
    "1\n00:00:00,000 --> 00:00:01,500\nIs 1 < 2 & 3 > 2?\n\n2\n01:01:01,500 --> 01:01:01,501\nTwo lines -->\n",
  );
  expect(exportTranscript(lines, "text")).toBe("Is 1 < 2 & 3 > 2?\nTwo lines -->\n");
  expect(JSON.parse(exportTranscript(lines, "json"))).toEqual({ lines });
});
