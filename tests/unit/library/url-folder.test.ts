import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import * as urlFolder from "../../../src/library/url-folder.ts";
import { type Behaviour, type FileServer, serveFiles } from "../../file-server.ts";
import { safetensorsFile } from "../model/safetensors-file.ts";

const told = readFileSync("public/models/nano/config.json", "utf8");
/** Without the files' checksums. */
const config = JSON.stringify({ ...JSON.parse(told), sha256: {} });
const tokenizer = readFileSync("public/models/nano/tokenizer.json", "utf8");
const weights = new Uint8Array(readFileSync("public/models/nano/model.safetensors"));
const nano = { "/nano/config.json": config, "/nano/tokenizer.json": tokenizer, "/nano/model.safetensors": weights };

const first = safetensorsFile({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, [0, 0, 0x80, 0x3f]);
const second = safetensorsFile(
  {
    b: { dtype: "F16", shape: [2, 1], data_offsets: [0, 4] },
    c: { dtype: "BF16", shape: [1], data_offsets: [4, 6] },
  },
  [1, 2, 3, 4, 5, 6],
);
const weightMap = { a: "model-1-of-2.safetensors", b: "model-2-of-2.safetensors", c: "model-2-of-2.safetensors" };
const sharded = {
  "/m/config.json": config,
  "/m/tokenizer.json": tokenizer,
  "/m/model.safetensors.index.json": mapOf(weightMap),
  "/m/model-1-of-2.safetensors": first,
  "/m/model-2-of-2.safetensors": second,
};

const patience = { attempts: 2, firstWaitMs: 1, longestWaitMs: 10, stallMs: 10_000 };
const openModelFolder = (url: string, options: urlFolder.UrlFolderOptions = {}) =>
  urlFolder.openModelFolder(url, { patience, ...options });

let server: FileServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function serve(files: Readonly<Record<string, string | Uint8Array>>, behaviour: Behaviour = {}): Promise<string> {
  server = await serveFiles(files, behaviour);
  return server.url;
}

describe("a model in one file", () => {
  test.each(["/nano", "/nano/", "/nano?revision=1"])("opens from %s with one request a file", async (path) => {
    const url = await serve(nano);
    const progress: [number, number | null][] = [];
    const folder = await openModelFolder(url + path, { onProgress: (...now) => progress.push(now) });
    expect(server?.requests).toEqual(Object.keys(nano));
    expect(folder.config.name).toBe("nano-v6");
    expect(new TextDecoder().decode(folder.tokenizer)).toBe(tokenizer);
    expect(folder.byteLength).toBe(config.length + new TextEncoder().encode(tokenizer).length + weights.length);
    // 8 bytes and the header are no weights; each weight takes two bytes.
    const dataAt = 8 + Number(new DataView(weights.buffer, weights.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, dataAt)));
    expect(folder.parameters).toBe((weights.length - dataAt) / 2);
    const tensor = await folder.tensors.read("ln_out.bias");
    const [begin, end] = header["ln_out.bias"].data_offsets;
    expect(end - begin).toBe(2 * 192);
    expect(tensor.bytes).toEqual(weights.subarray(dataAt + begin, dataAt + end));
    expect(server?.requests).toHaveLength(3);

    expect(progress.at(-1)).toEqual([folder.byteLength, folder.byteLength]);
    expect(progress[0]?.[1]).toBeNull();
    const known = progress.filter(([, total]) => total !== null);
    expect(known.length).toBeGreaterThan(10);
    expect(known[0]?.[0]).toBeLessThan(100_000);
    for (let i = 1; i < progress.length; i++)
      expect(progress[i]?.[0]).toBeGreaterThanOrEqual(progress[i - 1]?.[0] ?? 0);
  });

  test("opens where the server hides the length", async () => {
    const folder = await openModelFolder(`${await serve(nano, { hideLength: true })}/nano`);
    expect((await folder.tensors.read("head.weight")).shape).toEqual([1222, 192]);
  });

  test("takes the tokenizer's name from the config", async () => {
    const { tokenizer: _, ...rest } = JSON.parse(config);
    const other = JSON.stringify({ ...rest, tokenizer: { file: "words.json" } });
    const url = await serve({ ...nano, "/nano/config.json": other, "/nano/words.json": "[1]" });
    expect((await openModelFolder(`${url}/nano`)).tokenizer).toEqual(new TextEncoder().encode("[1]"));
  });
});

describe("a model in shards", () => {
  test.each([{}, { ignoreRanges: true }, { hideLength: true }, { indexPage: true }])("opens: %j", async (behaviour) => {
    const progress: [number, number | null][] = [];
    const url = await serve(sharded, behaviour);
    const folder = await openModelFolder(`${url}/m`, { onProgress: (...now) => progress.push(now) });
    expect(folder.tensors.names).toEqual(["a", "b", "c"]);
    expect(["a", "b", "c", "d"].map((name) => folder.tensors.info(name)?.shape ?? null)).toEqual([
      [1],
      [2, 1],
      [1],
      null,
    ]);
    expect([...(await folder.tensors.read("b")).bytes]).toEqual([1, 2, 3, 4]);
    expect([...(await folder.tensors.read("a")).bytes]).toEqual([0, 0, 0x80, 0x3f]);
    expect([...(await folder.tensors.read("c")).bytes]).toEqual([5, 6]);
    expect(folder.parameters).toBe(4);
    await expect(folder.tensors.read("d")).rejects.toMatchObject({ code: "ModelCorrupt" });
    for (const [loaded, total] of progress) expect(loaded).toBeLessThanOrEqual(total ?? Number.POSITIVE_INFINITY);
  });

  test("come whole where the index says that they are small", async () => {
    const index = JSON.stringify({ metadata: { total_size: 10 }, weight_map: weightMap });
    const url = await serve({ ...sharded, "/m/model.safetensors.index.json": index });
    const folder = await openModelFolder(`${url}/m`);
    await folder.tensors.read("b");
    expect(server?.requests.slice(-2)).toEqual(["/m/model-1-of-2.safetensors", "/m/model-2-of-2.safetensors"]);
  });

  test("come in ranges else", async () => {
    const url = await serve(sharded);
    const folder = await openModelFolder(`${url}/m`);
    await folder.tensors.read("b");
    const [first, second] = ["/m/model-1-of-2.safetensors", "/m/model-2-of-2.safetensors"] as const;
    const range = (shard: typeof first | typeof second) => `${shard} bytes=0-${sharded[shard].length - 1}`;
    expect(server?.requests.slice(-4)).toEqual([first, second, range(first), range(second)]);
  });

  const index = "/m/model.safetensors.index.json";
  test.each([
    ["a shard is missing", { "/m/model-2-of-2.safetensors": undefined }, "ModelNotFound", /model-2-of-2.* is missing/],
    [
      "the index names too much",
      { [index]: mapOf({ ...weightMap, d: weightMap.a }) },
      "ModelCorrupt",
      /lacks tensor d/,
    ],
    [
      "the index leads out",
      { [index]: mapOf({ a: "../a.safetensors" }) },
      "ModelCorrupt",
      /weight_map should be names/,
    ],
    [
      "the index has no map",
      { [index]: "{}" },
      "ModelCorrupt",
      /index\.json is damaged: weight_map should be an object/,
    ],
  ])("where %s, says so", async (_, change, code, message) => {
    const files = Object.fromEntries(
      Object.entries({ ...sharded, ...change }).filter(([, file]) => file !== undefined),
    );
    await expectError(openModelFolder(`${await serve(files as typeof sharded)}/m`), code, message);
  });
});

describe("checksums in the configuration", () => {
  const changed = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 0x55 : byte));
  const whole = { ...nano, "/nano/config.json": told };

  test("are those of the built-in model, its configuration included", async () => {
    const folder = await openModelFolder(`${await serve(whole)}/nano`);
    expect(folder.config.name).toBe("nano-v6");
    expect(server?.requests).toHaveLength(3);
  });

  test.each(["config.json", "tokenizer.json", "model.safetensors"])(
    "notice a byte of %s that is another",
    async (name) => {
      const bytes = readFileSync(`public/models/nano/${name}`);
      // In the name of the licence, in a token, in a weight: still read as JSON and as tensors.
      const at = name === "config.json" ? bytes.indexOf("sprites") : bytes.length - 5000;
      const url = await serve({ ...whole, [`/nano/${name}`]: changed(new Uint8Array(bytes), at) });
      const message = new RegExp(`sent a wrong ${name}: its checksum is another`);
      await expectError(openModelFolder(`${url}/nano`), "DownloadFailed", message);
      // Asked for once more, as the next answer may be right.
      expect(server?.requests.filter((path) => path.endsWith(name))).toHaveLength(2);
    },
  );

  test("of a config.json that a person edits are no hindrance once its own is taken out, as the error says", async () => {
    const edited = told.replace('"name": "nano-v6"', '"name": "mine"');
    const url = await serve({ ...whole, "/nano/config.json": edited });
    const advice = /If you changed the file yourself, take the line "config\.json" out of its section "sha256"/;
    await expectError(openModelFolder(`${url}/nano`), "DownloadFailed", advice);
    const without = edited.replace(/\n\s*"config\.json": "[0-9a-f]{64}",/, "");
    const next = await serve({ ...whole, "/nano/config.json": without });
    expect((await openModelFolder(`${next}/nano`)).config.name).toBe("mine");
  });
});

describe("what can go wrong", () => {
  const cut = weights.subarray(0, 4_000_000);
  const cases: [string, Record<string, string | Uint8Array>, Behaviour, string, RegExp][] = [
    ["no such folder", {}, {}, "ModelNotFound", /No model was found at .*\/nano\/: there is no config\.json/],
    ["an index page for all", {}, { indexPage: true }, "ModelNotFound", /there is no config\.json/],
    ["an index page as JSON", { ...nano, "/nano/config.json": "\n<html>" }, {}, "ModelNotFound", /no config\.json/],
    ["no tokenizer", omit("tokenizer.json"), { indexPage: true }, "ModelNotFound", /there is no tokenizer\.json/],
    ["no weights", omit("model.safetensors"), { indexPage: true }, "ModelNotFound", /neither model\.safetensors nor/],
    ["config gone", nano, { status: { path: "/nano/config.json", code: 410 } }, "ModelNotFound", /no config\.json/],
    ["config that is no JSON", { ...nano, "/nano/config.json": "{" }, {}, "ModelCorrupt", /config\.json is damaged/],
    [
      "config that is null",
      { ...nano, "/nano/config.json": "null" },
      {},
      "ModelCorrupt",
      /whole file should be an object/,
    ],
    [
      "weights cut off",
      { ...nano, "/nano/model.safetensors": cut },
      {},
      "ModelCorrupt",
      new RegExp(`is cut off: 4000000 of ${weights.length} bytes`),
    ],
    [
      "not allowed",
      nano,
      { status: { path: "/nano/model.safetensors", code: 403 } },
      "DownloadFailed",
      /127\.0\.0\.1:\d+ refused model\.safetensors with status 403 Forbidden\. The model may be private/,
    ],
    [
      "server fault",
      nano,
      { status: { path: "/nano/config.json", code: 500 } },
      "DownloadFailed",
      /status 500 .* Try again/,
    ],
    [
      "connection lost",
      nano,
      { breakAfter: { path: "/nano/model.safetensors", bytes: 70_000 } },
      "DownloadFailed",
      new RegExp(
        `model\\.safetensors from 127\\.0\\.0\\.1:\\d+ broke off after 70000 of ${weights.length} bytes\\. Check`,
      ),
    ],
    [
      "connection lost in the config",
      nano,
      { breakAfter: { path: "/nano/config.json", bytes: 9 } },
      "DownloadFailed",
      /config\.json .* broke off after 9 of/,
    ],
  ];
  test.each(cases)("%s", async (_, files, behaviour, code, message) => {
    await expectError(openModelFolder(`${await serve(files, behaviour)}/nano`), code, message);
  });

  test("no server", async () => {
    const url = await serve({});
    await server?.close();
    await expectError(openModelFolder(url), "DownloadFailed", /127\.0\.0\.1:\d+ could not be reached for config\.json/);
  });

  test.each(["", "models/nano", "file:///models/nano", "::"])("%j is no address", async (url) => {
    await expectError(openModelFolder(url), "ModelNotFound", /is no web address/);
  });

  test.each(["/nano/config.json", "/nano/tokenizer.json", "/nano/model.safetensors"])(
    "a server that is silent about %s",
    async (silent) => {
      const url = await serve(nano, { silent });
      const opening = openModelFolder(`${url}/nano`, { patience: { ...patience, stallMs: 1000 } });
      await expectError(opening, "DownloadFailed", /could not be reached.*: it fell silent/);
    },
  );

  test("trouble for a moment is made up for", async () => {
    const url = await serve(nano, { status: { path: "/nano/model.safetensors", code: 503, times: 1 } });
    expect((await openModelFolder(`${url}/nano`)).config.name).toBe("nano-v6");
  });

  test("stopping in the middle of the weights", async () => {
    const url = await serve(nano);
    const controller = new AbortController();
    const onProgress = (loaded: number) => {
      if (loaded > 1_000_000) controller.abort();
    };
    await expectError(openModelFolder(`${url}/nano`, { signal: controller.signal, onProgress }), "Aborted", /Stopped/);
  });

  test("stopping before the start", async () => {
    const url = await serve(nano);
    await expectError(openModelFolder(`${url}/nano`, { signal: AbortSignal.abort() }), "Aborted", /Stopped/);
    expect(server?.requests).toEqual([]);
  });
});

function omit(file: string): Record<string, string | Uint8Array> {
  return Object.fromEntries(Object.entries(nano).filter(([path]) => path !== `/nano/${file}`));
}

function mapOf(map: Record<string, string>): string {
  return JSON.stringify({ weight_map: map });
}

async function expectError(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
}
