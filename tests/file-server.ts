import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a `FileServer` behaves; all as a good static server does unless said. */
export type Behaviour = {
  /** Answers ranges with the whole file and status 200. */
  readonly ignoreRanges?: boolean;
  /** Answers every path that has no file with an index page and status 200. */
  readonly indexPage?: boolean;
  /** Sends no Content-Length. */
  readonly hideLength?: boolean;
  /** Closes the connection after this many bytes of this path. */
  readonly breakAfter?: { readonly path: string; readonly bytes: number };
  /** Answers this path with this status, the first so many times or always. */
  readonly status?: { readonly path: string; readonly code: number; readonly times?: number };
  /** Never answers this path. */
  readonly silent?: string;
  /** Closes the connection after this many bytes of the first answer to a range. */
  readonly breakFirstRange?: number;
  /** Sends this many bytes less than a range asks for. */
  readonly shortRange?: number;
};

export type FileServer = {
  readonly url: string;
  /** `GET path` of each request so far, with the range where one was asked for. */
  readonly requests: string[];
  close(): Promise<void>;
};

/** Serves files from memory on 127.0.0.1. */
export async function serveFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  behaviour: Behaviour = {},
): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const range = request.headers.range;
    const name = range ? `${request.url} ${range}` : `${request.url}`;
    const earlier = requests.filter((other) => other.split(" ")[0] === request.url);
    requests.push(name);
    if (request.url === behaviour.silent) return;
    const { status, breakFirstRange, ...rest } = behaviour;
    answer(
      files,
      {
        ...rest,
        ...(status && earlier.length < (status.times ?? Number.POSITIVE_INFINITY) ? { status } : {}),
        ...(breakFirstRange !== undefined && range && !earlier.some((other) => other.includes(" "))
          ? { breakAfter: { path: `${request.url}`, bytes: breakFirstRange } }
          : {}),
      },
      request,
      response,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(
  files: Readonly<Record<string, string | Uint8Array>>,
  behaviour: Behaviour,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = request.url ?? "/";
  const { status, breakAfter } = behaviour;
  const file = files[path];
  if (status?.path === path) {
    response.writeHead(status.code).end("no");
  } else if (file === undefined) {
    response.writeHead(behaviour.indexPage ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    response.end("<!doctype html><title>An app</title>");
  } else {
    const whole = typeof file === "string" ? new TextEncoder().encode(file) : file;
    const range = behaviour.ignoreRanges ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const begin = Number(range?.[1] ?? 0);
    const end = range ? Number(range[2]) + 1 - (behaviour.shortRange ?? 0) : whole.length;
    const body = whole.subarray(begin, end);
    response.statusCode = range ? 206 : 200;
    if (range) response.setHeader("content-range", `bytes ${begin}-${end - 1}/${whole.length}`);
    // Without it Node sends the body in chunks.
    if (behaviour.hideLength) response.flushHeaders();
    else response.setHeader("content-length", body.length);
    if (breakAfter?.path === path) {
      response.write(body.subarray(0, breakAfter.bytes), () => setTimeout(() => response.destroy(), 20));
    } else {
      response.end(body);
    }
  }
}
