import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpOptions } from "../../../src/bytes/http.ts";
import type { Patience } from "../../../src/bytes/retry.ts";
import { downloadVideo } from "../../../src/video/download-video.ts";

const size = 300_000;
const content = Uint8Array.from({ length: size }, (_, i) => (i * 7) % 251);
const changed = content.map((byte) => 255 - byte);
const patience: Patience = { attempts: 3, firstWaitMs: 1, longestWaitMs: 500, stallMs: 1500 };

/** Answers one request; `begin` is that of the range asked for, 0 for the whole. */
type Step = (response: ServerResponse, begin: number) => void;

let server: Server | null = null;
/** The range of each request so far. */
let ranges: string[] = [];
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** A server that takes these steps one after the other, the last one again and again. */
async function serve(...steps: Step[]): Promise<string> {
  ranges = [];
  server = createServer((request: IncomingMessage, response) => {
    const { range } = request.headers;
    ranges.push(range ?? "whole");
    const step = steps.length > 1 ? steps.shift() : steps[0];
    step?.(response, Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/clips/clip.mp4`;
}

type How = {
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Breaks the connection after so much of the body. */
  readonly cut?: number;
  /** Says nothing more after so much of the body. */
  readonly stall?: number;
  readonly ignoreRange?: boolean;
  /** Leaves out the length, and of a part where it lies. */
  readonly hide?: boolean;
};

/** Sends the file, or the part that was asked for. */
function send({ bytes = content, headers = {}, cut, stall, ignoreRange, hide }: How = {}): Step {
  return (response, asked) => {
    const begin = ignoreRange ? 0 : asked;
    const body = bytes.subarray(begin);
    response.writeHead(begin > 0 ? 206 : 200, {
      "content-type": "video/mp4",
      ...(hide ? {} : { "content-length": body.length }),
      ...(hide || begin === 0 ? {} : { "content-range": `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
      ...headers,
    });
    const end = cut ?? stall;
    if (end === undefined) response.end(body);
    else response.write(body.subarray(0, end), () => cut !== undefined && setTimeout(() => response.destroy(), 20));
  };
}

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Step =>
  (response) =>
    response.writeHead(code, headers).end("no");

type LoadOptions = HttpOptions & { readonly onProgress?: (loadedBytes: number, totalBytes: number | null) => void };

async function load(url: string, { onProgress, ...options }: LoadOptions = {}): Promise<Uint8Array> {
  return new Uint8Array(await (await downloadVideo(url, { patience, ...options }, onProgress)).arrayBuffer());
}

async function expectContent(loading: Promise<Uint8Array>, expected: Uint8Array = content): Promise<void> {
  expect(Buffer.compare(await loading, expected)).toBe(0);
}

describe("a video by address", () => {
  it("comes in one request, and says how much is there", async () => {
    const seen: [number, number | null][] = [];
    await expectContent(load(await serve(send()), { onProgress: (...now) => seen.push(now) }));
    expect(ranges).toEqual(["whole"]);
    expect(seen.at(-1)).toEqual([size, size]);
    expect(seen.map(([loaded]) => loaded)).toEqual(seen.map(([loaded]) => loaded).sort((a, b) => a - b));
  });

  it("of unknown length comes too", async () => {
    const seen: (number | null)[] = [];
    await expectContent(load(await serve(send({ hide: true })), { onProgress: (_, total) => seen.push(total) }));
    expect(new Set(seen)).toEqual(new Set([null]));
  });

  it("that may be empty, is", async () => {
    await expectContent(load(await serve(send({ bytes: new Uint8Array(0) }))), new Uint8Array(0));
  });
});

describe("a connection that breaks", () => {
  it.each([
    ["is gone on with from there", { cut: 100_000 }],
    ["by falling silent is gone on with from there", { stall: 100_000 }],
    ["where the server hides lengths is gone on with too", { cut: 100_000, hide: true }],
  ] as const)("%s", async (_, how) => {
    await expectContent(load(await serve(send(how), send({ hide: "hide" in how }))));
    expect(ranges).toEqual(["whole", "bytes=100000-"]);
  });

  it("again and again, with some progress each time, gets there", async () => {
    await expectContent(load(await serve(send({ cut: 40_000 }))));
    expect(ranges.slice(0, 3)).toEqual(["whole", "bytes=40000-", "bytes=80000-"]);
  });

  it("is begun anew where the server ignores the range", async () => {
    const seen: number[] = [];
    const url = await serve(send({ cut: 100_000 }), send({ ignoreRange: true }));
    await expectContent(load(url, { onProgress: (loaded) => seen.push(loaded) }));
    expect(ranges).toEqual(["whole", "bytes=100000-"]);
    expect(Math.max(...seen)).toBe(size);
  });

  it.each([
    ["ETag", { headers: { etag: '"a"' } }, { headers: { etag: '"b"' } }],
    [
      "date",
      { headers: { "last-modified": "Mon, 02 Nov 2026 10:00:00 GMT" } },
      { headers: { "last-modified": "Tue, 03 Nov 2026 10:00:00 GMT" } },
    ],
    ["length", {}, { bytes: changed.subarray(0, size - 9) }],
  ])("is begun anew where the file's %s changed meanwhile", async (_, before, after) => {
    const now = { bytes: changed, ...after };
    const url = await serve(send({ ...before, cut: 100_000 }), send(now));
    await expectContent(load(url), now.bytes);
    expect(ranges).toEqual(["whole", "bytes=100000-", "whole"]);
  });

  it.each([
    ["does not know the range", status(416)],
    ["sends a part from elsewhere", send({ headers: { "content-range": `bytes 7-${size - 1}/${size}` } })],
    ["sends a part of another length", send({ headers: { "content-range": `bytes 100000-${size - 1}/${size + 4}` } })],
  ])("is begun anew where the server %s", async (_, step) => {
    await expectContent(load(await serve(send({ cut: 100_000 }), step, send())));
    expect(ranges).toEqual(["whole", "bytes=100000-", "whole"]);
  });

  it.each([
    ["each time, and begins anew each time,", send({ cut: 100_000, ignoreRange: true })],
    ["before anything came", send({ cut: 0 })],
    [
      "for good, as less comes than was announced,",
      send({ headers: { "content-length": String(size + 1000) }, cut: size }),
    ],
  ])("%s is given up in the end", async (_, step) => {
    await expect(load(await serve(step))).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(/clip\.mp4.*127\.0\.0\.1:\d+.*[Tt]ry again/),
    });
    expect(ranges.length).toBeLessThanOrEqual(4);
  });
});

describe("a server that", () => {
  it("falls silent at once does not hold the page up for ever", async () => {
    const started = performance.now();
    const short = { ...patience, attempts: 2, stallMs: 100 };
    await expect(load(await serve(() => undefined), { patience: short })).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(/fell silent/),
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each([408, 429, 500, 503])("answers %i is asked again", async (code) => {
    await expectContent(load(await serve(status(code), send())));
    expect(ranges).toEqual(["whole", "whole"]);
  });

  it.each([
    [401, /refused clip\.mp4 with status 401 Unauthorized\. Download it with your browser and choose the file/],
    [403, /refused clip\.mp4 with status 403/],
    [404, /has no clip\.mp4 \(status 404\)\. Check the address\.$/],
    [410, /has no clip\.mp4 \(status 410\)/],
    [418, /status 418/],
  ])("answers %i is asked once, and nothing is said of models", async (code, message) => {
    const failure = load(await serve(status(code)));
    await expect(failure).rejects.toMatchObject({ code: "DownloadFailed", message: expect.stringMatching(message) });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringMatching(/model|goes on/i) });
    expect(ranges).toEqual(["whole"]);
  });

  it("sends a web page is told so", async () => {
    const url = await serve(send({ headers: { "content-type": "text/html; charset=utf-8" } }));
    await expect(load(url)).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(
        /sent a web page in place of clip\.mp4\. Give the address of the video file itself/,
      ),
    });
  });

  it("is not there, or forbids other sites to read it, is told with both", async () => {
    const url = await serve(send());
    server?.close();
    server?.closeAllConnections();
    await expect(load(url)).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(
        /could not be reached for clip\.mp4\. Check the address and the connection; .*CORS/,
      ),
    });
  });
});

it.each(["", "::", "clip.mp4"])("%j is no address", async (address) => {
  await expect(load(address)).rejects.toMatchObject({ code: "DownloadFailed" });
});

describe("stopping", () => {
  it("ends a wait for the next attempt at once", async () => {
    const stop = new AbortController();
    const url = await serve(status(503, { "retry-after": "60" }));
    const loading = load(url, { signal: stop.signal, patience: { ...patience, longestWaitMs: 120_000 } });
    setTimeout(() => stop.abort(), 200);
    await expect(loading).rejects.toMatchObject({ code: "Aborted" });
    expect(ranges).toEqual(["whole"]);
  });

  it("ends a download under way", async () => {
    const stop = new AbortController();
    const loading = load(await serve(send({ stall: 1000 })), { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(loading).rejects.toMatchObject({ code: "Aborted" });
  });

  it("before the start asks for nothing", async () => {
    await expect(load(await serve(send()), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "Aborted" });
    expect(ranges).toEqual([]);
  });
});
