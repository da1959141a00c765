import { afterEach, describe, expect, test } from "vitest";
import type { Subject } from "../../../src/bytes/download-errors.ts";
import { openUrlFile } from "../../../src/bytes/url-reader.ts";
import { type Behaviour, type FileServer, serveFiles } from "../../file-server.ts";

const length = 3_000_000;
const bytes = Uint8Array.from({ length }, (_, i) => i % 251);

const subject: Subject = {
  name: "file.bin",
  advice: { page: "page", forbidden: "forbidden", missing: "missing", missingCode: "ModelNotFound", keeps: false },
};
/** Asks once. */
const curt = { attempts: 1, firstWaitMs: 1, longestWaitMs: 10, stallMs: 10_000 };
const patient = { ...curt, attempts: 3 };

let server: FileServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

/** Opens the file with a limit that is above or below its length. */
async function open(wholeLimit: number, behaviour: Behaviour = {}, signal?: AbortSignal, patience = curt) {
  server = await serveFiles({ "/file.bin": bytes }, behaviour);
  const count = { received: 0, length: 0 };
  const options = {
    ...(signal ? { signal } : {}),
    patience,
    onBytes(more: number) {
      count.received += more;
    },
  };
  const onLength = (length: number) => {
    count.length = length;
  };
  const reader = await openUrlFile(new URL("/file.bin", server.url), subject, wholeLimit, options, onLength);
  if (!reader) throw new Error("not found");
  return { reader, count, server };
}

/** `toEqual` takes seconds for arrays of this length. */
function expectBytes(found: Uint8Array | undefined, begin: number, end: number): void {
  expect(found).toHaveLength(end - begin);
  expect(Buffer.compare(found ?? new Uint8Array(0), bytes.subarray(begin, end))).toBe(0);
}

describe("a file on a server", () => {
  test("comes whole when it is small", async () => {
    const { reader, count, server } = await open(length);
    expect([reader.name, reader.byteLength]).toEqual(["file.bin", length]);
    expectBytes(await reader.read(10, 300), 10, 300);
    expect(server.requests).toEqual(["/file.bin"]);
    expect(count).toEqual({ received: length, length });
  });

  test("comes in ranges when it is large, small ones together", async () => {
    const { reader, count, server } = await open(length - 1);
    expect(reader.byteLength).toBe(length);
    const ranges: [number, number][] = [
      [10, 300],
      [1_000, 1_000],
      [300, 1_048_586],
      [500_000, 2_000_000],
      [100, 200],
      [2_999_999, 3_000_000],
    ];
    for (const [begin, end] of ranges) expectBytes(await reader.read(begin, end), begin, end);
    const expected = ["", " bytes=10-1048585", " bytes=500000-1999999", " bytes=2999999-2999999"];
    expect(server.requests).toEqual(expected.map((range) => `/file.bin${range}`));
    expect(count).toEqual({ received: 1_048_576 + 1_500_000 + 1, length });
  });

  test("is downloaded once where ranges are ignored, by concurrent reads too", async () => {
    const { reader, count, server } = await open(100, { ignoreRanges: true });
    const ranges: [number, number][] = [
      [0, 8],
      [100, 2_000_000],
      [4000, length],
    ];
    const parts = await Promise.all(ranges.map(([begin, end]) => reader.read(begin, end)));
    for (const [i, [begin, end]] of ranges.entries()) expectBytes(parts[i], begin, end);
    const requests = server.requests.length;
    expectBytes(await reader.read(1_500_000, 1_500_003), 1_500_000, 1_500_003);
    expect(server.requests).toHaveLength(requests);
    expect(count.received).toBe(length);
  });

  test("may be of unknown length", async () => {
    const { reader, count } = await open(100, { hideLength: true });
    expect(reader.byteLength).toBe(length);
    expectBytes(await reader.read(200, 300), 200, 300);
    expect(count).toEqual({ received: length, length: 0 });
  });

  test("is null when it is not there", async () => {
    server = await serveFiles({});
    expect(await openUrlFile(new URL("/file.bin", server.url), subject, 10, {})).toBeNull();
  });
});

describe("trouble that passes", () => {
  test("a range that breaks off is gone on with from there", async () => {
    const { reader, count, server } = await open(100, { breakFirstRange: 700_000 }, undefined, patient);
    expectBytes(await reader.read(0, 2_000_000), 0, 2_000_000);
    expect(server.requests).toEqual(["/file.bin", "/file.bin bytes=0-1999999", "/file.bin bytes=700000-1999999"]);
    expect(count.received).toBe(2_000_000);
  });

  test("a server that has trouble for a moment is asked again", async () => {
    const trouble = { status: { path: "/file.bin", code: 503, times: 2 } };
    const { reader } = await open(length, trouble, undefined, patient);
    expectBytes(await reader.read(5, 50), 5, 50);
  });

  test("a server that falls silent is given up", async () => {
    await expect(open(100, { silent: "/file.bin" }, undefined, { ...patient, stallMs: 300 })).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(/fell silent/),
    });
    expect(server?.requests).toHaveLength(3);
  });
});

describe("errors while reading", () => {
  test("a range that comes short", async () => {
    const { reader } = await open(100, { shortRange: 3 });
    await expect(reader.read(0, 50)).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(/127\.0\.0\.1:\d+ sent 1048573 bytes of file\.bin where 1048576 were expected/),
    });
  });

  test("a whole answer that breaks off can be asked for again", async () => {
    const { reader, server } = await open(100, { ignoreRanges: true, breakAfter: { path: "/file.bin", bytes: 900 } });
    for (let attempt = 1; attempt <= 2; attempt++) {
      await expect(reader.read(0, 50)).rejects.toMatchObject({ code: "DownloadFailed" });
      expect(server.requests).toHaveLength(1 + attempt);
    }
  });

  test("a server that is gone", async () => {
    const { reader, server } = await open(100);
    await server.close();
    await expect(reader.read(0, 50)).rejects.toMatchObject({ code: "DownloadFailed" });
  });

  test("a signal stops reads", async () => {
    const controller = new AbortController();
    const { reader } = await open(100, {}, controller.signal);
    controller.abort(new Error("any reason"));
    await expect(reader.read(0, 50)).rejects.toMatchObject({ code: "Aborted" });
  });
});
