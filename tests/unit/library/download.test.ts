import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { downloadFile, type RemoteFile } from "../../../src/library/download.ts";
import { type HubRepository, listHubRepository } from "../../../src/library/hub.ts";
import { type StoreFolder, storeFolder } from "../../../src/library/store-folder.ts";
import { createMemoryStore } from "../../../src/storage/memory-store.ts";
import { randomFloats } from "../../close.ts";
import type { Fault } from "../../hub-faults.ts";
import { type HubServer, startHubServer } from "../../hub-server.ts";

const weights = new Uint8Array(randomFloats(75_000, 1).buffer);
const size = weights.length;
const readme = new TextEncoder().encode("# A model\n");
const impatient = { attempts: 3, firstWaitMs: 1, longestWaitMs: 500, stallMs: 1500 };

let hub: HubServer;
let repository: HubRepository;
let folder: StoreFolder;
let file: RemoteFile;

beforeAll(async () => {
  hub = await startHubServer();
  hub.offer("someone/model", { "model.safetensors": weights, "README.md": readme });
  repository = await listHubRepository({ id: "someone/model", hub: hub.url });
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.takeRequests();
  hub.spoil("model.safetensors", []);
  folder = storeFolder(createMemoryStore(), "downloads/x");
  file = repository.files.find(({ path }) => path === "model.safetensors") as RemoteFile;
});

const load = (signal?: AbortSignal) =>
  downloadFile(file, folder, { patience: impatient, ...(signal ? { signal } : {}) });
const stored = async () =>
  new Uint8Array((await (await folder.store.read("downloads/x/files/model.safetensors"))?.arrayBuffer()) ?? []);
const ranges = () => hub.takeRequests().map((request) => request.split(" ")[1] ?? "whole");

async function expectWhole(): Promise<void> {
  expect(Buffer.compare(await stored(), weights)).toBe(0);
  const sha256 = createHash("sha256").update(weights).digest("hex");
  expect(await folder.whole("model.safetensors")).toEqual({ byteLength: size, sha256 });
}

describe("a download that goes well", () => {
  it("is one request, and none the second time", async () => {
    await load();
    await expectWhole();
    await load();
    expect(ranges()).toEqual(["whole"]);
  });

  it("reports bytes up to the file's length", async () => {
    const seen: number[] = [];
    await downloadFile(file, folder, { onProgress: (bytes) => seen.push(bytes) });
    expect(seen.at(-1)).toBe(size);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it("checks small files by Git's id", async () => {
    const small = repository.files.find(({ path }) => path === "README.md") as RemoteFile;
    expect(small.checksum?.kind).toBe("git-blob");
    await downloadFile(small, folder, {});
    hub.spoil("README.md", [{ kind: "corrupt", at: 3 }]);
    const other = storeFolder(createMemoryStore(), "downloads/y");
    await expect(downloadFile(small, other, {})).rejects.toMatchObject({
      message: expect.stringMatching(/sent a wrong README\.md/),
    });
  });

  it.each([
    ["a server hides the length", { kind: "hide-length" }],
    ["a server says that there is more", { kind: "wrong-length", by: 1000 }],
  ] as [string, Fault][])("also where %s", async (_, fault) => {
    hub.spoil("model.safetensors", [fault]);
    await load();
    await expectWhole();
  });
});

describe("a connection that breaks", () => {
  const cuts = [0, 1, 2, 65_535, 65_536, 65_537, 131_072, size - 1, size];
  it.each(cuts)("after %i bytes goes on from there", async (after) => {
    hub.spoil("model.safetensors", [{ kind: "cut", after }]);
    await load();
    await expectWhole();
    const [first, second, ...more] = ranges();
    expect(first).toBe("whole");
    expect(more).toEqual([]);
    // Node's and the browsers' fetch may drop what arrived just before the break, never more than was sent.
    if (second?.startsWith("bytes=")) expect(Number.parseInt(second.slice(6), 10)).toBeLessThanOrEqual(after);
  });

  it("anywhere at all goes on from there", async () => {
    for (let after = 7919; after < size; after += 7919) {
      folder = storeFolder(createMemoryStore(), "downloads/x");
      hub.spoil("model.safetensors", [{ kind: "cut", after }]);
      await load();
      await expectWhole();
    }
  });

  it("again and again, with some progress each time, gets there", async () => {
    hub.spoil(
      "model.safetensors",
      Array.from({ length: 12 }, () => ({ kind: "end-early", after: 20_001 }) as const),
    );
    await load();
    await expectWhole();
    expect(ranges().slice(0, 4)).toEqual(["whole", "bytes=20001-", "bytes=40002-", "bytes=60003-"]);
  });

  it("without progress says so in the end, keeps its part, and the next attempt completes it", async () => {
    const dead: Fault = { kind: "cut", after: 0 };
    hub.spoil("model.safetensors", [{ kind: "end-early", after: 100_000 }, dead, dead, dead]);
    await expect(load()).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(/127\.0\.0\.1.*goes on where it stopped/),
    });
    expect(await folder.whole("model.safetensors")).toBeNull();
    expect(await folder.presentBytes("model.safetensors")).toBe(100_000);
    hub.spoil("model.safetensors", []);
    hub.takeRequests();
    await load();
    expect(ranges()).toEqual(["bytes=100000-"]);
    await expectWhole();
  });

  it("by falling silent is given up after a while", async () => {
    hub.spoil("model.safetensors", [{ kind: "stall", after: 5000 }]);
    await load();
    await expectWhole();
    hub.spoil(
      "README.md",
      [1, 2, 3].map(() => ({ kind: "stall", after: 0 }) as const),
    );
    const small = repository.files.find(({ path }) => path === "README.md") as RemoteFile;
    await expect(downloadFile(small, folder, { patience: impatient })).rejects.toMatchObject({
      message: expect.stringMatching(/fell silent/),
    });
  });

  it("when the person stops it keeps its part", async () => {
    hub.spoil("model.safetensors", [{ kind: "stall", after: 200_000 }]);
    const stop = new AbortController();
    const loading = downloadFile(file, folder, {
      signal: stop.signal,
      onProgress: (bytes) => {
        if (bytes >= 200_000) stop.abort();
      },
    });
    await expect(loading).rejects.toMatchObject({ code: "Aborted" });
    hub.takeRequests();
    await load();
    expect(ranges()).toEqual(["bytes=200000-"]);
    await expectWhole();
  });
});

describe("a server that lies", () => {
  /** Ends after 100,000 bytes, then does this. */
  const then = (...faults: Fault[]) =>
    hub.spoil("model.safetensors", [{ kind: "end-early", after: 100_000 }, ...faults]);

  it.each([
    ["ignores the range", { kind: "ignore-range" }],
    ["sends a part that begins elsewhere", { kind: "wrong-range", shift: 7 }],
    ["speaks of another file's length", { kind: "wrong-total", by: 4 }],
    ["does not know the range", { kind: "status", code: 416 }],
  ] as [string, Fault][])("and %s is asked for the whole file", async (_, fault) => {
    then(fault);
    await load();
    await expectWhole();
  });

  it.each([
    ["wrong bytes", [{ kind: "corrupt", at: 250_000 }], /sent a wrong model\.safetensors: its checksum/],
    [
      "wrong bytes in a part",
      [
        { kind: "end-early", after: 100_000 },
        { kind: "corrupt", at: 100_001 },
      ],
      /its checksum/,
    ],
    [
      "a part shifted unseen",
      [
        { kind: "end-early", after: 100_000 },
        { kind: "wrong-range", shift: -7 },
      ],
      /its checksum|longer/,
    ],
    ["too much", [{ kind: "too-long", by: 3 }], /longer than the 300000 bytes/],
    ["a sign-in page", [{ kind: "page" }], /sent a web page in place of model\.safetensors/],
  ] as [string, Fault[], RegExp][])(
    "and sends %s is found out; the next attempt succeeds",
    async (_, faults, message) => {
      hub.spoil("model.safetensors", faults);
      await expect(load()).rejects.toMatchObject({ code: "DownloadFailed", message: expect.stringMatching(message) });
      expect(await folder.whole("model.safetensors")).toBeNull();
      await load();
      await expectWhole();
    },
  );
});

describe("a server that refuses", () => {
  it.each([
    [401, {}, "DownloadFailed", /it is private, or there is none/],
    [403, {}, "DownloadFailed", /it is private, or there is none/],
    [403, { "x-error-code": "GatedRepo" }, "DownloadFailed", /Accept its terms there/],
    [404, {}, "ModelNotFound", /has no model\.safetensors/],
    [418, {}, "DownloadFailed", /status 418/],
  ])("with %i %j is asked once", async (code, headers, error, message) => {
    hub.spoil("model.safetensors", [{ kind: "status", code, headers: headers as Record<string, string> }]);
    await expect(load()).rejects.toMatchObject({ code: error, message: expect.stringMatching(message) });
    expect(ranges()).toEqual(["whole"]);
    await load();
    await expectWhole();
  });

  it.each([429, 500, 502, 503, 408])("with %i is asked again", async (code) => {
    hub.spoil("model.safetensors", [{ kind: "status", code }]);
    await load();
    await expectWhole();
  });

  it.each([
    [429, /too many requests/],
    [500, /status 500/],
  ])("with %i to the end is given up", async (code, message) => {
    hub.spoil(
      "model.safetensors",
      [1, 2, 3].map(() => ({ kind: "status", code: code as number }) as const),
    );
    await expect(load()).rejects.toMatchObject({ code: "DownloadFailed", message: expect.stringMatching(message) });
    await load();
    await expectWhole();
  });

  it("for a time is waited for as it asks, within reason", async () => {
    const busy = (seconds: string): Fault => ({ kind: "status", code: 429, headers: { "retry-after": seconds } });
    hub.spoil("model.safetensors", [busy("0"), busy(new Date(Date.now() - 5000).toUTCString())]);
    await load();
    hub.takeRequests();
    folder = storeFolder(createMemoryStore(), "downloads/x");
    hub.spoil("model.safetensors", [busy("3600")]);
    await expect(load()).rejects.toMatchObject({ message: expect.stringMatching(/Try again in 60 min/) });
    expect(ranges()).toEqual(["whole"]);
  });
});

it("a full store keeps the part, and room lets it go on", async () => {
  let limit = 100_000;
  const store = createMemoryStore();
  const full = new Proxy(store, {
    get: (target, name: keyof typeof store) =>
      name !== "openWriter"
        ? target[name]
        : async (path: string) => {
            const writer = await target.openWriter(path);
            const small = createMemoryStore(0);
            const append = async (bytes: Uint8Array) =>
              writer.byteLength + bytes.length > limit
                ? (await small.openWriter("x")).append(bytes)
                : writer.append(bytes);
            return new Proxy(writer, { get: (w, key: keyof typeof writer) => (key === "append" ? append : w[key]) });
          },
  });
  folder = storeFolder(full, "downloads/x");
  await expect(load()).rejects.toMatchObject({ code: "StorageFull", message: expect.stringMatching(/no room left/) });
  const kept = await folder.presentBytes("model.safetensors");
  expect(kept).toBeGreaterThan(0);
  limit = size;
  hub.takeRequests();
  await load();
  expect(ranges()).toEqual([`bytes=${kept}-`]);
  await expectWhole();
});
