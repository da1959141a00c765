import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

/** Not written into the import: it is a script, which exports nothing. */
const script = "../../src/service-worker.ts";
const base = "https://host.example/deep/app/";
const network = new Map([
  ["index.html", "<!doctype html>"],
  ["assets/index-1.js", "code"],
  ["assets/ort-wasm-simd-threaded-1.wasm", "on the CPU"],
  ["assets/ort-wasm-simd-threaded.jspi-1.wasm", "on the GPU"],
  ["samples/a.mp4", "0123456789"],
  ["models/whisper-tiny.en/a.onnx", "hears"],
  ["models/silero-vad/b.onnx", "voices"],
]);
const asked: string[] = [];

const hashOf = (content: string) => createHash("sha256").update(content).digest("hex").slice(0, 16);

/** The browser's caches, of which `add` asks the network above. */
function fakeCaches() {
  const all = new Map<string, Map<string, string>>();
  const open = async (name: string) => {
    const kept = all.get(name) ?? new Map<string, string>();
    all.set(name, kept);
    const url = (request: Request | string) => (typeof request === "string" ? request : request.url);
    const match = async (request: Request | string) => {
      const body = kept.get(url(request));
      return body === undefined ? undefined : new Response(body);
    };
    return {
      match,
      add: async (request: Request) => {
        const body = network.get(request.url.slice(base.length));
        asked.push(request.url.slice(base.length));
        if (body === undefined) throw new TypeError("offline");
        kept.set(request.url, body);
      },
      put: async (request: string, response: Response) => void kept.set(request, await response.text()),
      delete: async (request: Request | string) => kept.delete(url(request)),
    };
  };
  return {
    all,
    open,
    keys: async () => [...all.keys()],
    delete: async (name: string) => all.delete(name),
    match: async (key: string) => {
      for (const [, kept] of all) if (kept.has(key)) return new Response(kept.get(key));
    },
  };
}

const store = fakeCaches();
const listeners: Record<string, (event: unknown) => void> = {};

beforeAll(async () => {
  vi.stubGlobal("registration", { scope: base });
  vi.stubGlobal("location", { href: `${base}service-worker.js?onnxruntime=jspi` });
  vi.stubGlobal("addEventListener", (type: string, listener: (event: unknown) => void) => {
    listeners[type] = listener;
  });
  vi.stubGlobal("caches", store);
  vi.stubGlobal("builtFiles", Object.fromEntries([...network].map(([path, content]) => [path, hashOf(content)])));
  vi.stubGlobal("builtVersion", "v2");
  await import(script);
});
afterAll(() => vi.unstubAllGlobals());

async function lifetime(type: "install" | "activate"): Promise<void> {
  let done: Promise<unknown> = Promise.resolve();
  listeners[type]?.({
    waitUntil: (until: Promise<unknown>) => {
      done = until;
    },
  });
  await done;
}

/** What the worker answers; null where it leaves a request to the network. */
async function get(url: string, options: { mode?: string; method?: string; range?: string } = {}) {
  const { mode = "cors", method = "GET", range } = options;
  const headers = new Headers(range ? { range } : {});
  let answer: Promise<Response> | null = null;
  const respondWith = (response: Promise<Response>) => {
    answer = response;
  };
  listeners.fetch?.({ request: { url, method, mode, headers }, respondWith });
  const response = (await answer) as Response | null;
  return (
    response && { status: response.status, text: await response.text(), range: response.headers.get("content-range") }
  );
}

test("installing keeps what this page needs, taking from an older version what is the same", async () => {
  const older = await store.open("auroralong v1");
  await older.put(`${base}samples/a.mp4?kept=${hashOf("0123456789")}`, new Response("0123456789"));
  await older.put(`${base}models/silero-vad/b.onnx?kept=${hashOf("voices")}`, new Response("voices"));
  await store.open("another app's");
  await lifetime("install");
  expect(asked).toEqual(["index.html", "assets/index-1.js", "assets/ort-wasm-simd-threaded.jspi-1.wasm"]);
  await lifetime("activate");
  expect(await store.keys()).toEqual(["another app's", "auroralong v2"]);
});

test("the page and its files come from what is kept, wherever it lies; all else is left to the network", async () => {
  const before = asked.length;
  expect(await get(base, { mode: "navigate" })).toMatchObject({ status: 200, text: "<!doctype html>" });
  expect(await get(`${base}?model=hub:a/b#x`, { mode: "navigate" })).toMatchObject({ text: "<!doctype html>" });
  expect(await get(`${base}assets/index-1.js`)).toMatchObject({ text: "code" });
  expect(asked).toHaveLength(before);
  for (const url of [`${base}other.json`, "https://huggingface.co/index.html", "https://host.example/index.html"])
    expect(await get(url)).toBeNull();
  expect(await get(base, { method: "POST", mode: "navigate" })).toBeNull();
});

test.each([
  ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
  ["bytes=8-", 206, "89", "bytes 8-9/10"],
  ["bytes=-3", 206, "789", "bytes 7-9/10"],
  ["bytes=8-99", 206, "89", "bytes 8-9/10"],
  ["bytes=10-", 416, "", "bytes */10"],
  ["bytes=5-2", 416, "", "bytes */10"],
  ["lines=1-2", 416, "", "bytes */10"],
])("of %s a player gets %d and %j", async (range, status, text, contentRange) => {
  expect(await get(`${base}samples/a.mp4`, { range })).toEqual({ status, text, range: contentRange });
});

test("what not everybody needs is kept once it was asked for, and from one version to the next", async () => {
  const before = asked.length;
  expect(await get(`${base}models/silero-vad/b.onnx`)).toMatchObject({ text: "voices" });
  expect(asked).toHaveLength(before);
  for (let visit = 0; visit < 2; visit++)
    expect(await get(`${base}models/whisper-tiny.en/a.onnx`)).toMatchObject({ text: "hears" });
  expect(asked.slice(before)).toEqual(["models/whisper-tiny.en/a.onnx"]);
});

test("what went missing is fetched again", async () => {
  store.all.get("auroralong v2")?.clear();
  expect(await get(`${base}samples/a.mp4`)).toMatchObject({ status: 200, text: "0123456789" });
  expect(asked.at(-1)).toBe("samples/a.mp4");
});

test("data that came with another byte is handed on, but not kept", async () => {
  store.all.get("auroralong v2")?.clear();
  network.set("samples/a.mp4", "0123456780");
  expect(await get(`${base}samples/a.mp4`)).toMatchObject({ text: "0123456780" });
  network.set("samples/a.mp4", "0123456789");
  for (let visit = 0; visit < 2; visit++)
    expect(await get(`${base}samples/a.mp4`)).toMatchObject({ text: "0123456789" });
  expect(asked.slice(-2)).toEqual(["samples/a.mp4", "samples/a.mp4"]);
});
