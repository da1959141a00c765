import { expect, test, vi } from "vitest";
import type { Assistant } from "../../../../src/session/types.ts";
import { bestPreset, nano } from "../../../../src/ui/models/model-catalog.ts";
import { createModelSlot } from "../../../../src/ui/models/model-slot.ts";
import { createRealModelOffer, offerSentence } from "../../../../src/ui/models/real-model-offer.ts";
import { request } from "../test-assistant.ts";

const GB = 1e9;

/** A page that opens models at once, on a GPU of so many bytes. */
function openPage(bytes: number | Error, refused = false) {
  const assistant = { model: {}, failed: new Promise(() => undefined), close: vi.fn() } as unknown as Assistant;
  const slot = createModelSlot(async () => assistant, nano);
  const capacity = vi.fn(async () => {
    if (bytes instanceof Error) throw bytes;
    return { bytes, software: false };
  });
  const refuse = vi.fn(() => {
    refused = true;
  });
  const memory = { refused: () => refused, refuse };
  return { slot, capacity, memory, offer: createRealModelOffer(slot, { capacity }, memory) };
}

test.each([
  [24 * GB, "AuroraLong 2B"],
  [2 * GB, "ModRWKV 0.4B"],
  [1 * GB, undefined],
  [0, undefined],
])("of %i bytes, a GPU is offered the best that fits: %s", (bytes, name) => {
  expect(bestPreset(bytes)?.name).toBe(name);
});

test("tells size and time in one line", () => {
  expect(offerSentence({ name: "AuroraLong 2B", downloadBytes: 5.1e9 })).toBe(
    "This GPU holds AuroraLong 2B, for real footage: 5.1 GB, about 7 min at 100 Mbit/s.",
  );
});

test("is made once nano is in use, and gone while another model comes", async () => {
  const { slot, capacity, offer } = openPage(24 * GB);
  expect(capacity).not.toHaveBeenCalled();
  await slot.load();
  await vi.waitFor(() => expect(offer.snapshot?.id).toBe("auroralong-2b"));
  await slot.switchTo(request);
  await vi.waitFor(() => expect(offer.snapshot).toBeNull());
  await slot.switchTo(nano);
  await vi.waitFor(() => expect(offer.snapshot?.id).toBe("auroralong-2b"));
  expect(capacity).toHaveBeenCalledOnce();
});

test("is not made again once it was refused", async () => {
  const { slot, offer, memory } = openPage(24 * GB);
  await slot.load();
  await vi.waitFor(() => expect(offer.snapshot).not.toBeNull());
  offer.refuse();
  expect(memory.refuse).toHaveBeenCalledOnce();
  expect(offer.snapshot).toBeNull();
  const later = openPage(24 * GB, true);
  await later.slot.load();
  expect(later.capacity).not.toHaveBeenCalled();
});

test("is not made where nothing fits, or nothing is known of the GPU", async () => {
  for (const bytes of [0, new Error("no adapter")]) {
    const { slot, capacity, offer } = openPage(bytes);
    await slot.load();
    await vi.waitFor(() => expect(capacity).toHaveBeenCalled());
    await Promise.resolve();
    expect(offer.snapshot).toBeNull();
  }
});
