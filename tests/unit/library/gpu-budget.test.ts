import { expect, it } from "vitest";
import { type GpuLimits, gpuBudget, smallerForm } from "../../../src/library/gpu-budget.ts";

const gib = 2 ** 30;
const card: GpuLimits = {
  maxBufferSize: 2 * gib,
  software: false,
  half: true,
  deviceMemory: 8,
};

it.each([
  ["a graphics card", card, 4 * gib],
  ["a card in a browser that does not tell the memory", { ...card, deviceMemory: null }, 4 * gib],
  ["a large card", { ...card, maxBufferSize: 4 * gib }, 8 * gib],
  ["a phone", { ...card, maxBufferSize: gib / 2, deviceMemory: 4 }, gib],
  ["a small laptop", { ...card, deviceMemory: 4 }, 2 * gib],
  ["a software adapter", { ...card, software: true, deviceMemory: 2 }, gib],
  ["no adapter", { ...card, maxBufferSize: 0 }, 0],
])("%s is given what it likely has", (_, limits, bytes) => {
  expect(gpuBudget(limits)).toBe(bytes);
});

it("forms become smaller until there is none", () => {
  expect([smallerForm("f16"), smallerForm("int8"), smallerForm("int4")]).toEqual(["int8", "int4", null]);
});
