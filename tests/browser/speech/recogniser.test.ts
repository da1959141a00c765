import { expect, it } from "vitest";
import { createRecogniser } from "../../../src/speech/recogniser.ts";

type Expected = {
  readonly pitch: number;
  readonly language: string;
  readonly sentences: readonly (readonly [text: string, startSeconds: number, endSeconds: number])[];
};

const fixture = "/tests/fixtures/whisper";
const expected: readonly Expected[] = await (await fetch(`${fixture}/expected.json`)).json();
const seconds = 6;

/** The same as `sound` of training/fixtures/make_whisper.py. */
function sound(pitch: number): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => {
    const time = i / 16_000;
    const tone = Math.sin(2 * Math.PI * pitch * time + 5 * Math.sin(2 * Math.PI * 1.5 * time));
    return 0.3 * tone * (0.6 + 0.4 * Math.sin(2 * Math.PI * 0.7 * time));
  });
}

it("tells the language, and writes the sentences that transformers writes where words have no times", async () => {
  const recogniser = await createRecogniser(async (path) => {
    const response = await fetch(`${fixture}/${path}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  });
  expect(new Set(expected.map(({ language }) => language)).size).toBeGreaterThan(1);
  for (const { pitch, sentences } of expected) {
    const { pieces, are } = await recogniser.recognise(sound(pitch));
    expect(are).toBe("sentences");
    const told = pieces.map(({ text, startSeconds, endSeconds }) => [text, startSeconds, endSeconds]);
    const near = (time: number) => expect.closeTo(Math.min(time, seconds), 5);
    expect(told, `${pitch} Hz`).toEqual(sentences.map(([text, start, end]) => [text, near(start), near(end)]));
  }
});
