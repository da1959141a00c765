import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";

/** What goes wrong with the next answers: after `after` bytes the connection ends, is silent, or a byte is another. */
type Fault = {
  readonly kind: "cut" | "stall" | "corrupt" | "unavailable";
  readonly after: number;
  /** Answers that it befalls. */
  readonly times: number;
};

/** The plainest of servers: the files of a folder below one path, their types and lengths, no ranges. */
export type PlainServer = {
  readonly url: string;
  /** Paths that were asked for so far. */
  readonly asked: readonly string[];
  /** Spoils the next answers with files of the model and of clips. */
  spoil(fault: Fault): void;
  /** Ends what is wrong, and the connections that it left silent. */
  heal(): void;
  close(): Promise<void>;
};

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".mp4": "video/mp4",
};

/** Serves a folder on 127.0.0.1. The path ends with "/"; headers are sent with every file. */
export async function servePlainly(
  folder: string,
  { path = "/", headers = {} }: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<PlainServer> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = new Map(names.map((name) => [path + name.split(sep).join("/"), join(folder, name)]));
  const asked: string[] = [];
  const silent = new Set<ServerResponse>();
  let fault: { kind: Fault["kind"]; after: number; left: number } | null = null;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const name = decodeURI((request.url ?? "").split("?")[0] ?? "");
    asked.push(name);
    const file = files.get(name.endsWith("/") ? `${name}index.html` : name);
    if (!file || !statSync(file).isFile()) return void response.writeHead(404).end();
    const bytes = readFileSync(file);
    const type = types[extname(file)];
    const wrong = fault && fault.left > 0 && /\/(models|samples)\//.test(name) ? fault : null;
    if (wrong) wrong.left--;
    if (wrong?.kind === "unavailable") return void response.writeHead(503).end();
    response.writeHead(200, { "content-length": bytes.length, ...(type && { "content-type": type }), ...headers });
    if (!wrong) return void response.end(bytes);
    const at = Math.min(wrong.after, bytes.length - 1);
    if (wrong.kind === "corrupt") {
      bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      return void response.end(bytes);
    }
    silent.add(response);
    response.on("close", () => silent.delete(response));
    const end = () => wrong.kind === "cut" && setTimeout(() => response.destroy(), 20);
    response.write(bytes.subarray(0, at), end);
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${encodeURI(path)}`,
    asked,
    spoil({ kind, after, times }) {
      fault = { kind, after, left: times };
    },
    heal() {
      fault = null;
      for (const response of silent) response.destroy();
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
