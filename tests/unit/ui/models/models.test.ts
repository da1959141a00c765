import { expect, test, vi } from "vitest";
import { AuroraError } from "../../../../src/errors.ts";
import type { Library, ModelOffer, StoredModel } from "../../../../src/library/types.ts";
import type { Assistant, OpenOptions } from "../../../../src/session/types.ts";
import { type Candidate, costOf, formOf, storedCopy, storedForm } from "../../../../src/ui/models/candidate.ts";
import { nano } from "../../../../src/ui/models/model-catalog.ts";
import { createModelSlot, type ModelRequest } from "../../../../src/ui/models/model-slot.ts";
import { createModels } from "../../../../src/ui/models/models.ts";

const hubId = "WorldRWKV/ModRWKV-0.4";
const commit = "0123456789abcdef0123456789abcdef01234567";

const int8: StoredModel = {
  key: "modrwkv-int8",
  name: "ModRWKV",
  license: "Apache-2.0",
  source: `${hubId} at ${commit.slice(0, 12)}`,
  purpose: "watch",
  quantization: "int8",
  byteLength: 600,
  storedAt: 5,
};

const offer: ModelOffer = {
  name: "ModRWKV",
  license: "Apache-2.0",
  revision: commit,
  layout: "ModRWKV",
  sees: true,
  parameters: 500,
  files: [{ path: "model.safetensors", byteLength: 1000 }],
  downloadBytes: 900,
  diskBytes: 1500,
  freeDiskBytes: 10_000,
  options: [
    { quantization: "f16", storedBytes: 1000, gpuBytes: 2000, fits: false },
    { quantization: "int8", storedBytes: 600, gpuBytes: 1500, fits: true },
    { quantization: "int4", storedBytes: 400, gpuBytes: 1300, fits: true },
  ],
  recommended: "int8",
  stored: [],
};

/** A library whose shelf fills when a model is opened from elsewhere, as the real one's does. */
function testPage({
  remembered = null as string | null,
  shelf = [] as StoredModel[],
  begun = null as ModelRequest | null,
} = {}) {
  const library = {
    inspect: vi.fn<Library["inspect"]>(async () => offer),
    inspectSide: vi.fn<Library["inspectSide"]>(),
    list: vi.fn(async () => [...shelf]),
    capacity: vi.fn(async () => ({ bytes: 1600, software: false })),
    keep: vi.fn(async () => undefined),
    remove: vi.fn(async (key?: string) => {
      shelf.splice(0, shelf.length, ...(key === undefined ? [] : shelf.filter((model) => model.key !== key)));
    }),
    usage: vi.fn(async () => {
      const modelBytes = shelf.reduce((sum, { byteLength }) => sum + byteLength, 0);
      return {
        modelBytes,
        partialBytes: 0,
        spillBytes: 0,
        freeBytes: 10_000,
        persisted: false,
        place: "disk" as const,
        memoryBytes: 2 ** 31,
      };
    }),
  };
  const open = vi.fn(async ({ model, quantization }: OpenOptions) => {
    const { kind } = typeof model === "string" ? { kind: "folder" } : model;
    if (kind === "hub") shelf.unshift(int8);
    const name = kind === "folder" ? "nano" : "ModRWKV";
    return {
      model: { name, quantization, storedKey: kind === "folder" ? null : int8.key },
      failed: new Promise(() => undefined),
      close: vi.fn(),
    } as unknown as Assistant;
  });
  const write = vi.fn((key: string | null) => {
    remembered = key;
  });
  const pending = {
    read: () => begun,
    write: (request: ModelRequest | null) => {
      begun = request;
    },
  };
  const memory = { read: () => remembered, write };
  const slot = createModelSlot(open, nano);
  const persist = vi.fn(async () => true);
  const models = createModels({ library, slot, remembered: memory, pending, persist });
  return { pending: () => begun, library, open, slot, models, persist, remembered: () => remembered };
}

const find = (models: ReturnType<typeof createModels>, id: string) =>
  models.snapshot.candidates.find((candidate) => candidate.id === id) as Candidate;

test("nothing is looked at before the person asks, and nothing loaded before they say so", async () => {
  const { library, open, models, persist } = testPage();
  await models.start(null);
  models.open();
  await vi.waitFor(() => expect(models.snapshot.shelf).not.toBeNull());
  expect(library.inspect).not.toHaveBeenCalled();
  await models.look("modrwkv-0.4b");
  expect(library.inspect).toHaveBeenCalledOnce();
  expect(open.mock.calls.map(([{ model }]) => model)).toEqual([nano.choice]);
  expect(persist).not.toHaveBeenCalled();
  expect(formOf(find(models, "modrwkv-0.4b"))).toBe("int8");
});

test("a loaded model is pinned to the revision that was shown, and from then on opened from the store", async () => {
  const { open, slot, models, persist, remembered } = testPage();
  await models.start(null);
  await models.look("modrwkv-0.4b");
  await models.load("modrwkv-0.4b");
  expect(persist).toHaveBeenCalledOnce();
  expect(open).toHaveBeenLastCalledWith(
    expect.objectContaining({ model: { kind: "hub", id: hubId, revision: commit }, quantization: "int8" }),
  );
  expect(slot.snapshot).toMatchObject({
    model: { status: "ready" },
    request: { name: "ModRWKV 0.4B", choice: { kind: "stored", key: int8.key } },
  });
  expect(remembered()).toBe(int8.key);
  // The card knows the copy now, without asking again.
  expect(storedForm(find(models, "modrwkv-0.4b"), models.snapshot.shelf)).toEqual(int8);
  await models.useNano();
  expect(remembered()).toBeNull();
});

test("the next visit opens the remembered model if it is still stored, else nano", async () => {
  const there = testPage({ remembered: int8.key, shelf: [int8] });
  await there.models.start(null);
  expect(there.slot.snapshot.request.choice).toEqual({ kind: "stored", key: int8.key });
  const gone = testPage({ remembered: int8.key });
  await gone.models.start(null);
  expect(gone.slot.snapshot.request).toEqual(nano);
});

test("an address that names a model of the hub opens the stored copy, or only proposes to load it", async () => {
  const there = testPage({ shelf: [int8] });
  await there.models.start(`hub:${hubId}`);
  expect(there.slot.snapshot.request.choice).toEqual({ kind: "stored", key: int8.key });
  const fresh = testPage();
  await fresh.models.start(`hub:${hubId}@main`);
  expect(fresh.models.snapshot.proposed).toBe(`${hubId}@main`);
  expect(fresh.slot.snapshot.request).toEqual(nano);
  expect(fresh.library.inspect).not.toHaveBeenCalled();
  expect(fresh.models.snapshot.open).toBe(true);
  expect(find(fresh.models, "hub").choice).toEqual({ kind: "hub", id: hubId, revision: "main" });
});

test("deleting the remembered model forgets it", async () => {
  const { models, library, remembered } = testPage({ remembered: int8.key, shelf: [int8] });
  await models.start(null);
  await models.remove(int8.key);
  expect(library.remove).toHaveBeenCalledWith(int8.key);
  expect(models.snapshot.shelf?.stored).toEqual([]);
  expect(remembered()).toBeNull();
});

test("what cannot be looked at says why; a text that is no id is refused without asking", async () => {
  const { models, library } = testPage();
  library.inspect.mockRejectedValueOnce(new AuroraError("ModelNotFound", "Nothing there."));
  await models.look("auroralong-2b");
  expect(find(models, "auroralong-2b").look).toMatchObject({ status: "failed", error: { message: "Nothing there." } });
  expect(models.lookAtHub("not an id")).toBe(false);
  expect(library.inspect).toHaveBeenCalledOnce();
  expect(models.lookAtHub("https://huggingface.co/owner/name/tree/v1")).toBe(true);
  expect(library.inspect.mock.lastCall?.[0]).toEqual({ kind: "hub", id: "owner/name", revision: "v1" });
});

test("a later look at the same card wins over an earlier one", async () => {
  const { models, library } = testPage();
  let answerFirst: (offer: ModelOffer) => void = () => undefined;
  const first = new Promise<ModelOffer>((resolve) => {
    answerFirst = resolve;
  });
  library.inspect.mockReturnValueOnce(first);
  models.lookAtHub("owner/first");
  library.inspect.mockResolvedValueOnce({ ...offer, name: "second" });
  models.lookAtHub("owner/second");
  await vi.waitFor(() => expect(find(models, "hub").look.status).toBe("seen"));
  answerFirst({ ...offer, name: "first" });
  await Promise.resolve();
  expect(find(models, "hub")).toMatchObject({ name: "owner/second", look: { offer: { name: "second" } } });
});

test("the cost follows the chosen form", () => {
  const choice = { kind: "hub", id: hubId } as const;
  const candidate: Candidate = { id: "x", name: "x", choice, look: { status: "seen", offer }, wanted: null };
  expect(costOf(candidate, "int8")).toEqual({ download: 900, disk: 1500 });
  expect(costOf(candidate, "int4")).toEqual({ download: 900, disk: 1300 });
  // With int8 stored, its downloads are gone: another form takes all of them again.
  const other = {
    ...candidate,
    look: { status: "seen", offer: { ...offer, downloadBytes: 0, diskBytes: 0, stored: [int8] } },
  } as const;
  expect(costOf(other, "f16")).toEqual({ download: 1000, disk: 2000 });
});

test("a stored copy counts for its own repository and revision", () => {
  expect(storedCopy([int8], { kind: "hub", id: hubId })).toEqual(int8);
  expect(storedCopy([int8], { kind: "hub", id: hubId, revision: commit })).toEqual(int8);
  expect(storedCopy([int8], { kind: "hub", id: hubId, revision: "main" })).toBeNull();
  expect(storedCopy([int8], { kind: "hub", id: "WorldRWKV/ModRWKV" })).toBeNull();
});

test("what this adapter can hold is found out without asking the hub", async () => {
  const { models, library } = testPage();
  expect(models.snapshot.capacityBytes).toBeNull();
  await models.measure();
  expect(models.snapshot.capacityBytes).toBe(1600);
  expect(library.inspect).not.toHaveBeenCalled();
});

test("one press looks a model up and loads it in the form that fits; where none does, the dialog tells", async () => {
  const { models, open, library } = testPage();
  await models.lookAndLoad("modrwkv-0.4b");
  expect(open).toHaveBeenCalledOnce();
  expect(open.mock.calls[0]?.[0]).toMatchObject({ quantization: "int8", model: { id: "WorldRWKV/ModRWKV-0.4" } });
  expect(models.snapshot.open).toBe(false);
  library.inspect.mockResolvedValueOnce({ ...offer, recommended: null });
  await models.lookAndLoad("auroralong-2b");
  expect(open).toHaveBeenCalledOnce();
  expect(models.snapshot.open).toBe(true);
});

test("a download that the page's closing ended goes on by itself, and once it is there nothing more is under way", async () => {
  const begun: ModelRequest = {
    name: "ModRWKV",
    choice: { kind: "hub", id: "a/b", revision: commit },
    quantization: "int8",
  };
  const page = testPage({ begun });
  await page.models.start(null);
  expect(page.open.mock.calls.map(([{ model }]) => model)).toEqual([nano.choice, begun.choice]);
  expect(page.pending()).toBeNull();
  const linked = testPage({ begun });
  await linked.models.start("hub:a/b");
  expect(linked.open.mock.calls.map(([{ model }]) => model)).toEqual([nano.choice, begun.choice]);
  const named = testPage({ begun });
  await named.models.start("hub:someone/other");
  expect(named.open).toHaveBeenCalledOnce();
  expect(named.pending()).toEqual(begun);
});

test("a download is remembered while it lasts, and not one that failed", async () => {
  const { models, slot, open, pending } = testPage();
  await models.start(null);
  await models.look("modrwkv-0.4b");
  open.mockImplementationOnce(() => new Promise(() => undefined));
  void models.load("modrwkv-0.4b");
  await vi.waitFor(() => expect(slot.snapshot.change?.status).toBe("loading"));
  expect(pending()).toMatchObject({ name: "ModRWKV 0.4B", choice: { kind: "hub", revision: commit } });
  open.mockImplementationOnce(async () => {
    throw new Error("no network");
  });
  await models.load("modrwkv-0.4b");
  expect(slot.snapshot.change?.status).toBe("failed");
  expect(pending()).toBeNull();
});
