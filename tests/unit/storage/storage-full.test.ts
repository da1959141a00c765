import { describe, expect, it } from "vitest";
import type { OpenFile } from "../../../src/storage/private-files.ts";
import { isFull, writeAll } from "../../../src/storage/storage-full.ts";

/** As Firefox has it: no DOMException's `QuotaExceededError`, but a class of its own. */
class QuotaExceededError extends Error {
  override readonly name = "QuotaExceededError";
}

describe("a full disk", () => {
  it.each([
    ["the standard's error", new DOMException("full", "QuotaExceededError"), true],
    ["a class of its own", new QuotaExceededError("full"), true],
    ["Firefox's own name", Object.assign(new Error("full"), { name: "NS_ERROR_FILE_NO_DEVICE_SPACE" }), true],
    ["an object that is no Error", { name: "NS_ERROR_FILE_NO_DEVICE_SPACE" }, true],
    ["another error", new DOMException("open", "NoModificationAllowedError"), false],
    ["nothing", undefined, false],
  ])("is known by name: %s", (_, thrown, full) => {
    expect(isFull(thrown)).toBe(full);
  });

  // Chromium returns -8 as an unsigned number.
  it.each([0, 3, 2 ** 32 - 8, 2 ** 64 - 8])("is what a write of 4 bytes means that returns %i", (written) => {
    const file = { write: () => written } as unknown as OpenFile;
    let thrown: unknown;
    try {
      writeAll(file, new Uint8Array(4), 0);
    } catch (error) {
      thrown = error;
    }
    expect(isFull(thrown)).toBe(true);
  });
});
