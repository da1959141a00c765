import { expect, test } from "vitest";
import type { Turn } from "../../../../src/ui/chat/conversation.ts";
import { besideEachOther } from "../../../../src/ui/chat/one-moment.ts";
import { turn } from "./turn.ts";

const turns = (...parts: readonly Partial<Turn>[]) => parts.map((part, order) => turn({ id: order + 1, ...part }));

const instead = (id: number) => ({ instead: { id, question: "What?" } });

test("answers in place of one another and questions of one moment stand beside each other, others alone", () => {
  expect(besideEachOther([])).toEqual([]);
  expect(besideEachOther(turns({}, {}))).toEqual([1, 1]);
  expect(besideEachOther(turns({}, instead(1), instead(2), {}))).toEqual([3, 1]);
  expect(besideEachOther(turns({}, {}, instead(1)))).toEqual([1, 1, 1]);
  const at = (seconds: number) => ({ scope: { at: seconds } });
  expect(besideEachOther(turns(at(2), at(2), at(3), { scope: { range: [3, 4] } }))).toEqual([2, 1, 1]);
});
