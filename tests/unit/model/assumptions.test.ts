import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { addAssumptions, withAssumptions } from "../../../src/model/assumptions.ts";
import { parseConfig } from "../../../src/model/config.ts";

const nano = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));

it("stand above what the file says, field by field", () => {
  const assumptions = { vision_config: { fit: "stretch" }, prompt: { memory: { before: "User: " }, answer_lead: "" } };
  const [plain, config] = [parseConfig(nano), parseConfig({ ...nano, assumptions })];
  expect(config.vision).toEqual({ ...plain.vision, fit: "stretch" });
  expect(config.prompt).toEqual({
    ...plain.prompt,
    memory: { ...plain.prompt.memory, before: "User: " },
    answerLead: "",
  });
  expect(config.merge).toEqual(plain.merge);
  expect(config.assumptions).toEqual(assumptions);
  expect(plain.assumptions).toEqual({});
});

it("replace lists as a whole", () => {
  const config = parseConfig({ ...nano, assumptions: { merge_config: { r: [1, 2] } } });
  expect(config.merge.r).toEqual([1, 2, 0, 0, 0, 0]);
});

it("are checked like the fields that they replace", () => {
  const wrong = { ...nano, assumptions: { vision_config: { fit: "squeeze" } } };
  expect(() => parseConfig(wrong)).toThrow(/fit/);
});

it.each([[[]], ["fit"], [{ text_config: { head_size: 32 } }], [{ quantization_config: { bits: 8 } }]])(
  "are refused where nothing can be assumed: %o",
  (assumptions) => {
    expect(() => parseConfig({ ...nano, assumptions })).toThrow(
      expect.objectContaining({ code: "ModelCorrupt", message: expect.stringMatching(/assumptions/) }),
    );
  },
);

it("are added to those that are there", () => {
  const json = { assumptions: { vision_config: { fit: "crop", resample: "bilinear" } } };
  expect(addAssumptions(json, { vision_config: { fit: "stretch" }, prompt: { answer_lead: "" } })).toEqual({
    vision_config: { fit: "stretch", resample: "bilinear" },
    prompt: { answer_lead: "" },
  });
  expect(addAssumptions({}, { prompt: {} })).toEqual({ prompt: {} });
  expect(withAssumptions({ a: 1 }, undefined)).toEqual({ a: 1 });
});
