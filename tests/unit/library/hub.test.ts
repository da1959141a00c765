import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createHubFileSet, listHubRepository } from "../../../src/library/hub.ts";
import { parseHubId } from "../../../src/library/hub-id.ts";
import { type HubServer, startHubServer } from "../../hub-server.ts";

const content = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 253);
const patience = { attempts: 2, firstWaitMs: 1, longestWaitMs: 10, stallMs: 5000 };
const sha = "a".repeat(40);

let hub: HubServer | null = null;
let server: Server | null = null;
afterEach(async () => {
  await hub?.close();
  server?.close();
  [hub, server] = [null, null];
});

async function open() {
  hub = await startHubServer();
  hub.offer("someone/model", {
    "model.safetensors": content,
    "pytorch_model.bin": content,
    "config.json": new TextEncoder().encode("{}"),
    "optimizer.pt": content,
    "onnx/model.onnx": content,
    ".gitattributes": content,
    "deep/er/pytorch_model.bin": content,
  });
  return listHubRepository({ id: "someone/model", hub: hub.url }, { patience });
}

/** Lists a repository of which the hub says this. */
async function list(answer: unknown, id = "someone/model") {
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  server = createServer((_, response) => response.end(text));
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return listHubRepository({ id, hub: `http://127.0.0.1:${port}` }, { patience });
}

describe("a repository's list", () => {
  it("has what can be part of a model, pinned to the commit", async () => {
    const { id, commit, license, files } = await open();
    expect({ id, license, paths: files.map(({ path }) => path) }).toEqual({
      id: "someone/model",
      license: "mit",
      paths: ["config.json", "deep/er/pytorch_model.bin", "model.safetensors"],
    });
    expect(files[1]?.url.pathname).toBe(`/someone/model/resolve/${commit}/deep/er/pytorch_model.bin`);
    expect(files.map(({ checksum }) => checksum?.kind)).toEqual(["git-blob", "sha256", "sha256"]);
  });

  it.each(["/someone/model", "/someone/model/tree/main", "/someone/model?x=1"])(
    "is found by the address %s",
    async (path) => {
      await open();
      const address = { id: `${hub?.url}${path}`, hub: hub?.url ?? "" };
      expect((await listHubRepository(address)).id).toBe("someone/model");
    },
  );

  it("keeps names with unusual characters apart from addresses", async () => {
    const siblings = [{ rfilename: "a b#?%.json", size: 1, blobId: sha }];
    const [file] = (await list({ sha, siblings })).files;
    expect(file?.url.pathname).toBe(`/someone/model/resolve/${sha}/a%20b%23%3F%25.json`);
  });

  it.each([
    ["<html>"],
    [{}],
    [{ sha: "main", siblings: [] }],
    [{ sha, siblings: {} }],
    [{ sha, siblings: [{ rfilename: "config.json" }] }],
    [{ sha, siblings: [{ rfilename: "config.json", size: -1 }] }],
    [{ sha, siblings: [{ rfilename: "../config.json", size: 1 }] }],
    [{ sha, siblings: [{ rfilename: "a//config.json", size: 1 }] }],
    [{ sha, siblings: [{ rfilename: "/config.json", size: 1 }] }],
    [{ sha, siblings: [{ rfilename: "a\\config.json", size: 1 }] }],
  ])("that is something else is refused: %j", async (answer) => {
    await expect(list(answer)).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(/something else than the list of files of someone\/model/),
    });
  });

  it.each(["", "model", "../model", "someone/..", "https://elsewhere.example/someone/model"])(
    "needs an id: %j",
    async (id) => {
      await expect(list({ sha, siblings: [] }, id)).rejects.toMatchObject({ code: "ModelNotFound" });
    },
  );
});

describe("what is no model is named", () => {
  /** A hub on which these addresses answer with JSON, and all others with 401, as Hugging Face does. */
  async function serve(answers: Readonly<Record<string, unknown>>): Promise<string> {
    server = createServer((request, response) => {
      const answer = answers[request.url?.split("?")[0] ?? ""];
      response.statusCode = answer === undefined ? 401 : 200;
      response.end(JSON.stringify(answer ?? { error: "Repository not found" }));
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    ["dataset", /someone\/thing is a dataset, not a model/],
    ["space", /someone\/thing is a space \(an app that runs there\), not a model/],
    ["nothing", /refused model someone\/thing with status 401.*private, or there is none of this name/],
  ])("%s of its id", async (kind, message) => {
    const hubUrl = await serve({ [`/api/${kind}s/someone/thing`]: { id: "someone/thing" } });
    await expect(listHubRepository({ id: "someone/thing", hub: hubUrl }, { patience })).rejects.toThrow(message);
  });

  it.each([
    [{ gated: "manual" }, /gives someone\/thing only to people who asked its authors.*pick them from your disk/],
    [{ gated: "auto" }, /only to people who asked/],
    [{ private: true }, /only to its owners/],
  ])("%j", async (more, message) => {
    const hubUrl = await serve({ "/api/models/someone/thing/revision/main": { sha, siblings: [], ...more } });
    await expect(listHubRepository({ id: "someone/thing", hub: hubUrl }, { patience })).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(message),
    });
  });

  it("and one that anybody may have is listed", async () => {
    const answer = { sha, siblings: [], gated: false, private: false };
    const hubUrl = await serve({ "/api/models/someone/thing/revision/a%2Fb": answer });
    const id = "https://huggingface.co/someone/thing/tree/a%2Fb";
    expect((await listHubRepository({ id, hub: hubUrl }, { patience })).commit).toBe(sha);
  });
});

describe("an id is read from what a person pastes", () => {
  it.each([
    ["someone/model", null, null],
    [" someone/model ", null, null],
    ["https://huggingface.co/someone/model", null, null],
    ["huggingface.co/someone/model/", null, null],
    ["http://www.huggingface.co/someone/model?library=x", null, null],
    ["https://hf.co/someone/model", null, null],
    ["https://huggingface.co/someone/model/tree/dev", "dev", null],
    ["https://huggingface.co/someone/model/tree/dev/folder", "dev", null],
    ["https://huggingface.co/someone/model/blob/main/rwkv-0.pth", "main", "rwkv-0.pth"],
    ["https://huggingface.co/someone/model/resolve/v1.0/a/b%20c.bin?download=true", "v1.0", "a/b c.bin"],
    ["https://hub.example/someone/model/discussions/3", null, null],
  ])("%j", (text, branch, file) => {
    expect(parseHubId(text, "https://hub.example")).toEqual({ id: "someone/model", branch, file });
  });

  it.each([
    ["https://elsewhere.example/someone/model", /address of another site.*owner\/name/],
    ["https://huggingface.co/datasets/someone/clips", /someone\/clips is a dataset/],
    ["datasets/someone/clips/tree/main", /someone\/clips is a dataset/],
    ["https://huggingface.co/spaces/someone/demo", /someone\/demo is a space/],
    ["https://huggingface.co/someone", /is no model's id|address of another site/],
  ])("or refused: %j", (text, message) => {
    expect(() => parseHubId(text, "https://hub.example")).toThrow(
      expect.objectContaining({ code: "ModelNotFound", message: expect.stringMatching(message) }),
    );
  });
});

describe("a repository's file", () => {
  it("is read by ranges, small reads together", async () => {
    const files = createHubFileSet(await open(), { patience });
    const reader = await files.open("model.safetensors");
    hub?.takeRequests();
    expect(await reader.read(0, 8)).toEqual(content.slice(0, 8));
    expect(await reader.read(8, 5000)).toEqual(content.slice(8, 5000));
    expect(Buffer.compare(await reader.read(400_000, 900_000), content.subarray(400_000, 900_000))).toBe(0);
    expect(hub?.takeRequests().map((request) => request.split(" ")[1])).toEqual([
      "bytes=0-262143",
      "bytes=400000-899999",
    ]);
    await expect(files.open("pytorch_model.bin")).rejects.toMatchObject({ code: "ModelNotFound" });
  });

  it("is read again where the server fails for a moment", async () => {
    const files = createHubFileSet(await open(), { patience });
    const reader = await files.open("model.safetensors");
    for (const fault of [
      { kind: "cut", after: 9 },
      { kind: "end-early", after: 9 },
      { kind: "status", code: 500 },
    ] as const) {
      hub?.spoil("model.safetensors", [fault]);
      // `toEqual` takes seconds for arrays of this length, in which the server closes the connection.
      expect(Buffer.compare(await reader.read(300_000, 700_000), content.subarray(300_000, 700_000))).toBe(0);
    }
  });

  it("is not read whole where the server ignores ranges", async () => {
    const files = createHubFileSet(await open(), { patience });
    hub?.spoil("model.safetensors", [{ kind: "ignore-range" }]);
    const reader = await files.open("model.safetensors");
    await expect(reader.read(0, 8)).rejects.toMatchObject({ message: expect.stringMatching(/does not send parts/) });
    expect(files.servesRanges).toBe(false);
  });
});
