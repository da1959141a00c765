import { expect, test } from "vitest";
import { conversationAsMarkdown } from "../../../../src/ui/chat/conversation-markdown.ts";
import { turn } from "./turn.ts";

test("a conversation as Markdown has each question with its time, and text stays text", () => {
  const text = conversationAsMarkdown(
    [
      turn({}),
      turn({ question: "Is it *new*?\n# No", text: "- It is_not.\n1. <b>", scope: { at: 3 }, mode: "look-again" }),
      turn({ text: "", status: "failed" }),
      turn({ scope: { range: [1, 61] }, status: "stopped", instead: { id: 1, question: "What?" } }),
    ],
    { video: "a_b.mp4", date: new Date("2026-05-04T03:02:01Z") },
  );
  expect(text).toBe(`# a\\_b.mp4

Asked on 2026-05-04.

## What?

A dog.

*nano · at 0:12.5*

## Is it \\*new\\*? \\# No

\\- It is\\_not.

1\\. \\<b\\>

*nano · as of 0:03 · looked again*

## What?

A dog.

*nano · 0:01 to 1:01 alone · another attempt · stopped*
`);
});
