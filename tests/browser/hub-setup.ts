import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { TestProject } from "vitest/node";
import { startHubServer } from "../hub-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of a model hub that tests can fill and spoil. */
    hub: string;
  }
}

const root = join(import.meta.dirname, "../..");

/** Starts the hub that tests in the browser talk to. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startHubServer(readFolder);
  project.provide("hub", server.url);
  return () => server.close();
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
