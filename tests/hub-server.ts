import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Quantization } from "../src/model/config.ts";
import type { Fault } from "./hub-faults.ts";

/** A model hub on 127.0.0.1 that answers as Hugging Face does, and badly when told to. */
export type HubServer = {
  readonly url: string;
  /** Offers these files as repository `owner/name`. */
  offer(id: string, files: Readonly<Record<string, Uint8Array>>): void;
  /** What goes wrong with the next requests whose path ends so, one fault a request. */
  spoil(pathEnd: string, faults: readonly Fault[]): void;
  /** `path range` of each request since the last call. */
  takeRequests(): string[];
  close(): Promise<void>;
};

/** What tests in a browser have done in Node, by `POST /control/…?folder=`. */
export type NodeSide = {
  /** Reads a folder of this repository, for `offer`. */
  readFolder(folder: string): Record<string, Uint8Array>;
  /** Starts another hub, for `start`, so that two files of tests do not meet on one. Gives its address. */
  start(): Promise<string>;
  /** Converts a folder of this repository as `npm run convert` does; gives the SHA-256 of each file, for `convert`. */
  convert(folder: string, quantization: Quantization): Promise<Record<string, string>>;
};

export async function startHubServer(node?: NodeSide): Promise<HubServer> {
  const repositories = new Map<string, ReadonlyMap<string, Uint8Array>>();
  const faults = new Map<string, Fault[]>();
  let requests: string[] = [];

  const hub: Omit<HubServer, "url" | "close"> = {
    offer: (id, files) => repositories.set(id, new Map(Object.entries(files))),
    spoil: (pathEnd, list) => faults.set(pathEnd, [...list]),
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
  };

  function takeFault(path: string): Fault | null {
    for (const [end, list] of faults) if (path.endsWith(end)) return list.shift() ?? null;
    return null;
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://hub");
    for (const [name, value] of corsHeaders) response.setHeader(name, value);
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else if (url.pathname.startsWith("/control/")) await control(url, request, response);
    else {
      requests.push([url.pathname, request.headers.range].filter(Boolean).join(" "));
      const fault = takeFault(url.pathname);
      if (url.pathname.startsWith("/api/models/")) answerList(repositories, url.pathname, fault, response);
      else answerFile(repositories, url.pathname, request.headers.range, fault, response);
    }
  });

  async function control(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const piece of request) body += piece;
    const [id = "", folder = ""] = ["id", "folder"].map((name) => url.searchParams.get(name) ?? "");
    let result: unknown = null;
    if (url.pathname === "/control/offer") hub.offer(id, node?.readFolder(folder) ?? {});
    if (url.pathname === "/control/spoil") hub.spoil(id, JSON.parse(body) as Fault[]);
    if (url.pathname === "/control/start") result = await node?.start();
    if (url.pathname === "/control/requests") result = hub.takeRequests();
    if (url.pathname === "/control/convert") result = await node?.convert(folder, id as Quantization);
    response.end(JSON.stringify(result));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...hub,
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Those of Hugging Face, and `Retry-After`. */
const corsHeaders = [
  ["access-control-allow-origin", "*"],
  ["access-control-expose-headers", "X-Error-Code, ETag, Accept-Ranges, Content-Range, Retry-After"],
] as const;

function commitOf(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash("sha1");
  for (const [path, content] of files) hash.update(path).update(content);
  return hash.digest("hex");
}

function answerList(
  repositories: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>,
  path: string,
  fault: Fault | null,
  response: ServerResponse,
): void {
  const [, id = "", revision = ""] = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(path) ?? [];
  const files = repositories.get(id);
  if (fault?.kind === "status") return void refuse(response, fault);
  if (fault?.kind === "page") return void sendPage(response);
  // Hugging Face does not tell a private repository from one that is not there.
  if (!files) return void refuse(response, { kind: "status", code: 401, headers: { "x-error-code": "RepoNotFound" } });
  const commit = commitOf(files);
  if (revision !== "main" && revision !== commit) {
    return void refuse(response, { kind: "status", code: 404, headers: { "x-error-code": "RevisionNotFound" } });
  }
  const siblings = [...files].map(([rfilename, content]) => {
    const large = /\.(safetensors|bin|pth|pt|st)$/.test(rfilename);
    const blobId = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
    const lfs = { sha256: createHash("sha256").update(content).digest("hex"), size: content.length, pointerSize: 134 };
    return { rfilename, size: content.length, blobId, ...(large ? { lfs } : {}) };
  });
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(
    JSON.stringify({ id, sha: commit, private: false, gated: false, cardData: { license: "mit" }, siblings }),
  );
}

function answerFile(
  repositories: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>,
  path: string,
  rangeHeader: string | undefined,
  fault: Fault | null,
  response: ServerResponse,
): void {
  const [, id = "", commit, file = ""] = /^\/([^/]+\/[^/]+)\/resolve\/([0-9a-f]+)\/(.+)$/.exec(path) ?? [];
  const files = repositories.get(id);
  const whole = files?.get(decodeURIComponent(file));
  if (fault?.kind === "status") return void refuse(response, fault);
  if (fault?.kind === "page") return void sendPage(response);
  if (!files || !whole || commit !== commitOf(files)) {
    return void refuse(response, { kind: "status", code: 404, headers: { "x-error-code": "EntryNotFound" } });
  }
  const range = fault?.kind === "ignore-range" ? null : /^bytes=(\d+)-(\d*)$/.exec(rangeHeader ?? "");
  const begin = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Math.min(Number(range[2]) + 1, whole.length) : whole.length;
  if (range && begin >= whole.length) return void refuse(response, { kind: "status", code: 416 });
  sendBody(whole, begin, end, range !== null, fault, response);
}

function sendBody(
  whole: Uint8Array,
  begin: number,
  end: number,
  ranged: boolean,
  fault: Fault | null,
  response: ServerResponse,
): void {
  let body = Buffer.from(whole.subarray(begin, end));
  response.statusCode = ranged ? 206 : 200;
  const shift = fault?.kind === "wrong-range" ? fault.shift : 0;
  const total = whole.length + (fault?.kind === "wrong-total" ? fault.by : 0);
  if (ranged) response.setHeader("content-range", `bytes ${begin + shift}-${end - 1}/${total}`);
  if (fault?.kind === "corrupt" && fault.at >= begin && fault.at < end)
    body[fault.at - begin] = ~(whole[fault.at] ?? 0) & 0xff;
  if (fault?.kind === "too-long") body = Buffer.concat([body, Buffer.alloc(fault.by)]);
  if (fault?.kind === "cut" || fault?.kind === "stall") {
    response.setHeader("content-length", body.length);
    response.write(body.subarray(0, fault.after), () => {
      if (fault.kind === "cut") setTimeout(() => response.destroy(), 10);
    });
  } else if (fault?.kind === "end-early") {
    response.setHeader("transfer-encoding", "chunked");
    response.end(body.subarray(0, fault.after));
  } else if (fault?.kind === "wrong-length") {
    // Written to the socket, as Node would refuse to lie.
    const headers = Object.entries(response.getHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
    response.socket?.write(
      `HTTP/1.1 ${response.statusCode} X\r\n${headers.join("")}content-length: ${body.length + fault.by}\r\n\r\n`,
    );
    response.socket?.end(body);
  } else {
    if (fault?.kind === "hide-length") response.flushHeaders();
    else response.setHeader("content-length", body.length);
    response.end(body);
  }
}

function refuse(response: ServerResponse, { code, headers = {} }: Extract<Fault, { kind: "status" }>): void {
  response.writeHead(code, { ...headers, "content-type": "text/plain" }).end("no");
}

function sendPage(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Sign in to the network</title>");
}
