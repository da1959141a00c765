import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ConvertOptions, ModelSink, StoredShard } from "../src/model/convert.ts";
import { ToolError } from "./run-tool.ts";

/** What an unfinished conversion leaves in its folder: what it converts, and which files of weights are whole. */
type Journal = { readonly identity: string; readonly shards: Record<string, StoredShard> };

const journalFile = "conversion.partial.json";

/**
 * Writes a model folder on this machine's disk. Files have temporary names until they are whole; `have` knows those that an
 * interrupted conversion of the same identity has left.
 *
 * @throws ToolError when the folder holds anything else
 */
export async function openFolderSink(
  folder: string,
  identity: string,
): Promise<ModelSink & Required<Pick<ConvertOptions, "have">>> {
  await mkdir(folder, { recursive: true });
  const journal = (await readJournal(folder)) ?? { identity, shards: {} };
  if (journal.identity !== identity)
    throw new ToolError(`${folder} holds a part of another conversion. Delete it or choose another --out.`);
  await writeJournal(folder, journal);
  return {
    async write(path, content, shard) {
      await writeWhole(join(folder, path), content);
      if (!shard) return;
      journal.shards[path] = shard;
      await writeJournal(folder, journal);
    },
    finish: () => rm(join(folder, journalFile)),
    async have(path) {
      const shard = journal.shards[path];
      return shard && (await hashOf(join(folder, path))) === shard.sha256 ? shard : null;
    },
  };
}

/** Null for an empty folder. @throws ToolError when there are files and no journal */
async function readJournal(folder: string): Promise<Journal | null> {
  const path = join(folder, journalFile);
  if (existsSync(path)) return JSON.parse(await readFile(path, "utf8"));
  const found = (await readdir(folder)).filter((name) => name !== `${journalFile}.partial`);
  if (found.length > 0) throw new ToolError(`${folder} is not empty. Choose another --out, or delete what is in it.`);
  return null;
}

function writeJournal(folder: string, journal: Journal): Promise<void> {
  return writeWhole(join(folder, journalFile), new TextEncoder().encode(JSON.stringify(journal)));
}

/** The name is only given to content that has reached the disk. */
async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const file = await open(`${path}.partial`, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.partial`, path);
}

/** SHA-256 of a file, or null when there is none. */
async function hashOf(path: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
