import { inject } from "vitest";
import { openLibrary } from "../../src/library/library.ts";
import type { Quantization, StoredModel } from "../../src/library/types.ts";
import type { Fault } from "../hub-faults.ts";

/** Origin of the hub that this file's tests talk to, and no other's. */
export const hub = (await control(inject("hub"), "start")) as string;

async function control(
  server: string,
  command: string,
  query: Readonly<Record<string, string>> = {},
  body?: unknown,
): Promise<unknown> {
  const url = new URL(`/control/${command}`, server);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url, { method: "POST", body: body === undefined ? null : JSON.stringify(body) });
  return response.json();
}

/** Offers a folder of this repository as `owner/name` on the hub. */
export async function offer(id: string, folder: string): Promise<void> {
  await control(hub, "offer", { id, folder });
}

/** What goes wrong with the next requests whose path ends so. */
export async function spoil(pathEnd: string, ...faults: Fault[]): Promise<void> {
  await control(hub, "spoil", { id: pathEnd }, faults);
}

/** Path and range of each request for a file since the last call. */
export async function takeRequests(): Promise<string[]> {
  return (await control(hub, "requests")) as string[];
}

/** What `npm run convert` makes of a folder of this repository: SHA-256 of each file. */
export async function convertInNode(folder: string, quantization: Quantization): Promise<Record<string, string>> {
  return (await control(hub, "convert", { folder, id: quantization })) as Record<string, string>;
}

export const library = openLibrary();

/** SHA-256 of each file of a stored model, of its content as it is now. */
export async function hashStored({ key }: StoredModel): Promise<Record<string, string>> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("aurora-models");
  const folder = await (await (await root.getDirectoryHandle("models")).getDirectoryHandle(key)).getDirectoryHandle(
    "files",
  );
  const hashes: Record<string, string> = {};
  for await (const entry of folder.values()) {
    const content = await (await (entry as FileSystemFileHandle).getFile()).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    hashes[entry.name] = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return hashes;
}
