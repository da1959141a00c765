import { beforeEach, describe, expect, it } from "vitest";
import type { LoadProgress, ModelChoice, StoredModel } from "../../../src/library/types.ts";
import type { Fault } from "../../hub-faults.ts";
import { hashStored, hub, library, offer, spoil, takeRequests } from "../hub.ts";
import { openInWorker } from "./open-in-worker.ts";

const nano: ModelChoice = { kind: "hub", hub, id: "someone/nano" };
const weights = "model.safetensors";

beforeEach(async () => {
  await offer("someone/nano", "public/models/nano");
  await spoil(weights);
  await library.remove();
  await takeRequests();
});

/** The one stored model. */
async function stored(): Promise<StoredModel> {
  const [model, ...more] = await library.list();
  if (!model || more.length > 0) throw new Error(`${more.length + Number(model !== undefined)} models are stored`);
  return model;
}

/** Ranges of the requests for the weights since the last call. */
async function ranges(): Promise<string[]> {
  const requests = (await takeRequests()).map((request) => request.split(" "));
  return requests.filter(([path]) => path?.endsWith(weights)).map(([, range]) => range ?? "whole");
}

describe("a model on the hub", () => {
  it("is looked at, downloaded, converted, stored, and opens without the hub from then on", async () => {
    const offered = await library.inspect(nano);
    expect(offered).toMatchObject({ name: "nano-v6", license: "mit", stored: [] });
    expect(offered.options.map(({ quantization }) => quantization)).toEqual(["f16", "int8", "int4"]);
    expect(offered.downloadBytes).toBe(offered.files.reduce((sum, file) => sum + file.byteLength, 0));
    expect(offered.files.map(({ path }) => path)).toContain(weights);
    expect(await ranges()).toEqual(["bytes=0-262143"]);

    const progress: LoadProgress[] = [];
    const opened = await openInWorker(nano, { onProgress: (now) => progress.push(now) });
    const { parameters } = offered;
    // The hub's word on the licence counts, not that of the files.
    expect(opened).toEqual({ name: "nano-v6", license: "mit", quantization: "int8", notices: [], parameters });
    expect([...new Set(progress.map(({ stage }) => stage))]).toEqual(["download", "convert", "prepare"]);
    const last = progress.findLast(({ stage }) => stage === "download");
    expect(last).toMatchObject({ loadedBytes: offered.downloadBytes, totalBytes: offered.downloadBytes });
    expect(last?.files?.map(({ status }) => status)).toEqual(offered.files.map(() => "done"));

    const model = await stored();
    expect(model).toMatchObject({ name: "nano-v6", license: "mit", quantization: "int8" });
    expect(model.source).toMatch(/^someone\/nano at [0-9a-f]{12}$/);
    expect(await library.usage()).toMatchObject({ partialBytes: 0, place: "disk" });
    expect((await library.inspect(nano)).stored).toEqual([model]);

    await takeRequests();
    expect(await openInWorker({ kind: "stored", key: model.key })).toEqual(opened);
    expect(await takeRequests()).toEqual([]);
  });

  it("is downloaded as it is in the form that it has", async () => {
    await openInWorker(nano, { quantization: "f16" });
    const files = await hashStored(await stored());
    const list = (await (await fetch(new URL("/api/models/someone/nano/revision/main", hub))).json()) as {
      siblings: { rfilename: string; lfs?: { sha256: string } }[];
    };
    expect(files[weights]).toBe(list.siblings.find(({ rfilename }) => rfilename === weights)?.lfs?.sha256);
  });

  it("is loaded in the most exact form that the adapter likely holds", async () => {
    const { options } = await library.inspect(nano);
    for (const { quantization, gpuBytes } of options) {
      expect(await openInWorker(nano, { quantization: "auto", gpuBytes })).toMatchObject({ quantization });
    }
    expect((await library.list()).map(({ quantization }) => quantization)).toEqual(["int4", "int8", "f16"]);
    await expect(openInWorker(nano, { quantization: "auto", gpuBytes: 1e6 })).rejects.toMatchObject({
      code: "AdapterTooSmall",
      message: expect.stringMatching(/too small for nano-v6, even as int4/),
    });
  });

  it("is removed from the store, and then has to be loaded again", async () => {
    await openInWorker(nano);
    const { key } = await stored();
    await library.remove(key);
    expect(await library.list()).toEqual([]);
    expect(await library.usage()).toMatchObject({ modelBytes: 0, partialBytes: 0 });
    await expect(openInWorker({ kind: "stored", key })).rejects.toMatchObject({
      code: "ModelNotFound",
      message: expect.stringMatching(/Load it again/),
    });
  });

  it("is loaded once where two tabs ask for it at once", async () => {
    const [first, second] = await Promise.all([openInWorker(nano), openInWorker(nano)]);
    expect(first).toEqual(second);
    expect((await ranges()).filter((range) => range === "whole")).toHaveLength(1);
    await stored();
  });

  it.each([
    ["nobody/nothing", "DownloadFailed", /private, or there is none of this name/],
    ["no id", "ModelNotFound", /should look like owner\/name/],
  ])("named %s is not there", async (id, code, message) => {
    const choice: ModelChoice = { kind: "hub", hub, id };
    const error = { code, message: expect.stringMatching(message) };
    await expect(openInWorker(choice)).rejects.toMatchObject(error);
    await expect(library.inspect(choice)).rejects.toMatchObject(error);
  });

  it("of another revision is not there", async () => {
    const choice = { ...nano, revision: "v9" };
    await expect(openInWorker(choice)).rejects.toMatchObject({ code: "ModelNotFound" });
  });
});

describe("a server that fails", () => {
  const look: Fault = { kind: "none" }; // the request that looks at the file's description
  const early: Fault = { kind: "end-early", after: 1_000_000 };
  it.each([
    ["breaks the connection", [look, { kind: "cut", after: 3_000_000 }, { kind: "cut", after: 1 }]],
    ["falls silent", [look, { kind: "stall", after: 3_000_000 }]],
    ["ignores one range", [look, early, { kind: "ignore-range" }]],
    ["sends other ranges", [look, early, { kind: "wrong-range", shift: 9 }]],
    ["says that there is more", [look, { kind: "wrong-length", by: 100 }]],
    ["says that there is less", [look, { kind: "wrong-length", by: -100 }]],
    ["is busy for a moment", [look, { kind: "status", code: 429, headers: { "retry-after": "0" } }]],
    ["has trouble for a moment", [{ kind: "status", code: 503 }]],
    ["ignores all ranges", [1, 2, 3, 4].map(() => ({ kind: "ignore-range" }) as const)],
  ] as [string, Fault[]][])("and %s is made up for", async (_, faults) => {
    await spoil(weights, ...faults);
    await openInWorker(nano);
    await stored();
  });

  const always = (fault: Fault): Fault[] => [1, 2, 3].map(() => fault);
  it.each([
    ["sends wrong bytes", [{ kind: "corrupt", at: 2_000_000 }], "DownloadFailed", /sent a wrong model\.safetensors/],
    ["sends too much", [{ kind: "too-long", by: 5 }], "DownloadFailed", /longer than/],
    ["sends a web page", [{ kind: "page" }], "DownloadFailed", /asks you to sign in/],
    ["forbids it", [{ kind: "status", code: 403 }], "DownloadFailed", /it is private/],
    ["has lost it", [{ kind: "status", code: 404 }], "ModelNotFound", /has no model\.safetensors/],
    ["is busy", always({ kind: "status", code: 429 }), "DownloadFailed", /too many requests.*in a few minutes/],
    [
      "is busy for long",
      [{ kind: "status", code: 429, headers: { "retry-after": "7200" } }],
      "DownloadFailed",
      /in 120 min/,
    ],
    ["has trouble", always({ kind: "status", code: 500 }), "DownloadFailed", /status 500/],
    ["is gone", always({ kind: "cut", after: 0 }), "DownloadFailed", /Check the connection/],
  ] as [string, Fault[], string, RegExp][])(
    "and %s is told of; the next attempt succeeds",
    async (_, faults, code, message) => {
      await spoil(weights, look, early, ...faults);
      await expect(openInWorker(nano)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      expect(await library.list()).toEqual([]);
      await spoil(weights);
      await openInWorker(nano);
      expect(await hashStored(await stored())).toEqual(await goodHashes());
    },
  );

  let good: Record<string, string> | null = null;
  /** Of the files when nothing goes wrong. */
  async function goodHashes(): Promise<Record<string, string>> {
    if (!good) {
      await library.remove();
      await openInWorker(nano);
      good = await hashStored(await stored());
    }
    return good;
  }
});

describe("a page that is closed", () => {
  it.each([
    ["at a tenth of a download", 0.1, 0],
    ["in the midst of a download", 0.6, 0],
    ["before the first write of the conversion", 2, 1],
    ["before its second write", 2, 2],
    ["before its fifth write", 2, 5],
  ])("%s goes on from there when it is opened again", async (_when, share, stopAtWrite) => {
    if (!stopAtWrite) await spoil(weights, { kind: "none" }, { kind: "stall", after: 6_000_000 });
    const endWhen = ({ stage, loadedBytes, totalBytes }: LoadProgress) =>
      stage === "download" && totalBytes !== null && loadedBytes >= share * totalBytes;
    expect(await openInWorker(nano, { endWhen, stopAtWrite })).toBeNull();
    expect(await library.list()).toEqual([]);
    expect((await library.usage()).partialBytes).toBeGreaterThan(0);
    await ranges();
    await openInWorker(nano);
    const [look, rest, ...more] = await ranges();
    expect([look, more]).toEqual(["bytes=0-262143", []]);
    if (!stopAtWrite) expect(rest).toMatch(/^bytes=[1-9]\d*-$/);
    else expect(rest).toBeUndefined();
    await stored();
    expect((await library.usage()).partialBytes).toBe(0);
  });
});
