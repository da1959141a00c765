import { afterEach, describe, expect, test } from "vitest";
import { openUrlFile } from "../../../src/model/url-file.ts";
import { type Behaviour, type FileServer, serveFiles } from "./file-server.ts";

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);

let server: FileServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

/** Opens the file with a limit that is above or below its length. */
async function open(wholeLimit: number, behaviour: Behaviour = {}, signal?: AbortSignal) {
  server = await serveFiles({ "/file.bin": bytes }, behaviour);
  const count = { received: 0, length: 0 };
  const transfer = {
    signal,
    onBytes(more: number) {
      count.received += more;
    },
  };
  const onLength = (length: number) => {
    count.length = length;
  };
  const reader = await openUrlFile(new URL("/file.bin", server.url), wholeLimit, transfer, onLength);
  if (!reader) throw new Error("not found");
  return { reader, count, server };
}

describe("a file on a server", () => {
  test("comes whole when it is small", async () => {
    const { reader, count, server } = await open(5000);
    expect([reader.name, reader.byteLength]).toEqual(["file.bin", 5000]);
    expect(await reader.read(10, 300)).toEqual(bytes.subarray(10, 300));
    expect(server.requests).toEqual(["/file.bin"]);
    expect(count).toEqual({ received: 5000, length: 5000 });
  });

  test("comes in ranges when it is large", async () => {
    const { reader, count, server } = await open(4999);
    expect(reader.byteLength).toBe(5000);
    expect(await reader.read(10, 300)).toEqual(bytes.subarray(10, 300));
    expect(await reader.read(4999, 5000)).toEqual(bytes.subarray(4999));
    expect(await reader.read(7, 7)).toEqual(new Uint8Array(0));
    expect(server.requests).toEqual(["/file.bin", "/file.bin bytes=10-299", "/file.bin bytes=4999-4999"]);
    expect(count).toEqual({ received: 291, length: 5000 });
  });

  test("is downloaded once where ranges are ignored, by concurrent reads too", async () => {
    const { reader, count, server } = await open(100, { ignoreRanges: true });
    const ranges = [
      [0, 8],
      [100, 4000],
      [4000, 5000],
    ] as const;
    const parts = await Promise.all(ranges.map(([begin, end]) => reader.read(begin, end)));
    expect(parts).toEqual(ranges.map(([begin, end]) => bytes.subarray(begin, end)));
    const requests = server.requests.length;
    expect(await reader.read(1, 3)).toEqual(bytes.subarray(1, 3));
    expect(server.requests).toHaveLength(requests);
    expect(count.received).toBe(5000);
  });

  test("may be of unknown length", async () => {
    const { reader, count } = await open(100, { hideLength: true });
    expect(reader.byteLength).toBe(5000);
    expect(await reader.read(200, 300)).toEqual(bytes.subarray(200, 300));
    expect(count).toEqual({ received: 5000, length: 0 });
  });

  test("is null when it is not there", async () => {
    server = await serveFiles({});
    const transfer = { signal: undefined, onBytes: () => {} };
    expect(await openUrlFile(new URL("/file.bin", server.url), 10, transfer)).toBeNull();
  });
});

describe("errors while reading", () => {
  test("a range that comes short", async () => {
    const { reader } = await open(100, { shortRange: 3 });
    await expect(reader.read(0, 50)).rejects.toMatchObject({
      code: "DownloadFailed",
      message: expect.stringMatching(/127\.0\.0\.1:\d+ sent 47 bytes of file\.bin where 50 were expected/),
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
