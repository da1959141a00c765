import { describe, expect, it } from "vitest";
import type { PromptConfig } from "../../../../src/model/prompt-config.ts";
import type { Listener } from "../../../../src/session/probe/listener.ts";
import { readWords } from "../../../../src/session/probe/read-words.ts";

const passage = [
  { question: "Where?", text: "The key is on the left." },
  { question: "How many?", text: "There are three keys." },
];
const prompt = (answerLead: string) => ({ answerLead }) as PromptConfig;
const right = { label: "the right prompt", prompt: prompt("right") };
const wrong = { label: "another", prompt: prompt("wrong") };

/** Makes sense of the passage after one prompt only, or of texts by themselves. */
function listen(understood: string | null) {
  const asked: string[] = [];
  const hear = (text: string, isRight: boolean) => {
    const ordered = [...passage.map((piece) => piece.text)].includes(text);
    return { logLikelihood: -5 * (isRight ? (ordered ? 2 : 12) : 7), tokens: 5 };
  };
  const listener = {
    hearText: async (text: string) => hear(text, understood === null),
    hearAnswers: async (question: { prompt: PromptConfig }, [text = ""]: string[]) => {
      asked.push(question.prompt.answerLead);
      return [hear(text, question.prompt.answerLead === understood)];
    },
  } as unknown as Listener;
  return { listener, asked };
}

async function read(understood: string | null, set = passage as { question: string | null; text: string }[]) {
  const { listener, asked } = listen(understood);
  const notices: string[] = [];
  const bounds = { most: 3, gap: 5, pictures: 1 };
  const around = { others: [wrong, right], notices, stopIfAborted: () => undefined };
  const found = await readWords(listener, { passage: set, bounds }, prompt("own"), around);
  return { found, notices, asked: [...new Set(asked)] };
}

describe("words", () => {
  it("that make sense with the model's own prompt are read with no other", async () => {
    const { found, notices, asked } = await read("own");
    expect(found).toEqual({ loss: 2, shuffledLoss: 12, tokens: 10 });
    expect([notices, asked]).toEqual([[], ["own"]]);
  });

  it("that answer questions are read with other prompts where they make no sense", async () => {
    const { found, notices, asked } = await read("right");
    expect(found).toEqual({ loss: 2, shuffledLoss: 12, tokens: 10 });
    expect(notices).toEqual(["The words were read with the right prompt: with the model's own prompt they cost 7.00."]);
    expect(asked).toEqual(["own", "wrong", "right"]);
  });

  it("that make sense with no prompt stay as they were read with the model's own", async () => {
    const { found, notices } = await read("none");
    expect(found).toEqual({ loss: 7, shuffledLoss: 7, tokens: 10 });
    expect(notices).toEqual([]);
  });

  it("that answer nothing are read by themselves", async () => {
    const { asked } = await read(
      "right",
      passage.map(({ text }) => ({ question: null, text })),
    );
    expect(asked).toEqual([]);
  });
});
