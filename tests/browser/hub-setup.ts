import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { TestProject } from "vitest/node";
import { openCheckpoint } from "../../src/model/checkpoint.ts";
import type { Quantization } from "../../src/model/config.ts";
import { convertCheckpoint } from "../../src/model/convert.ts";
import { openNodeFiles } from "../../tools/node-files.ts";
import { type HubServer, startHubServer } from "../hub-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of a model hub from which others are started. */
    hub: string;
  }
}

const root = join(import.meta.dirname, "../..");

/** Starts a hub from which each file of tests in the browser starts its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers: HubServer[] = [];
  async function start(): Promise<string> {
    const server = await startHubServer({ readFolder, convert, start });
    servers.push(server);
    return server.url;
  }
  project.provide("hub", await start());
  return async () => {
    for (const server of servers) await server.close();
  };
}

/** All files below a folder of the repository; of models, not what they are compared with. */
function readFolder(folder: string): Record<string, Uint8Array> {
  const top = join(root, folder);
  const paths = readdirSync(top, { recursive: true, encoding: "utf8" }).map((path) => join(top, path));
  const files = paths.filter((path) => statSync(path).isFile() && !relative(top, path).startsWith("reference"));
  return Object.fromEntries(
    files.map((path) => [relative(top, path).split(sep).join("/"), new Uint8Array(readFileSync(path))]),
  );
}

async function convert(folder: string, quantization: Quantization): Promise<Record<string, string>> {
  const vocabulary = join(root, "public/tokenizers/rwkv_vocab_v20230424.txt");
  const files = await openNodeFiles([join(root, folder)]);
  const checkpoint = await openCheckpoint(files, { worldVocabulary: async () => readFileSync(vocabulary) });
  const hashes: Record<string, string> = {};
  await convertCheckpoint(checkpoint, quantization, {
    async write(path, content) {
      hashes[path] = createHash("sha256").update(content).digest("hex");
    },
    finish: async () => undefined,
  });
  return hashes;
}
