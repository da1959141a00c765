import { expect, test } from "vitest";
import { sends } from "../../../../src/ui/chat/sends.ts";

const key = (change: Partial<Parameters<typeof sends>[0]> = {}) => ({
  key: "Enter",
  shiftKey: false,
  isComposing: false,
  keyCode: 13,
  ...change,
});

test("Enter sends, with Shift it does not, and other keys do not", () => {
  expect(sends(key())).toBe(true);
  expect(sends(key({ shiftKey: true }))).toBe(false);
  expect(sends(key({ key: "a", keyCode: 65 }))).toBe(false);
});

test("Enter that ends a composition does not send, in Safari either", () => {
  expect(sends(key({ isComposing: true, keyCode: 229 }))).toBe(false);
  expect(sends(key({ keyCode: 229 }))).toBe(false);
});
