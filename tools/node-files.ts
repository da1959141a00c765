import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { RangeReader } from "../src/bytes/range-reader.ts";
import { AuroraError } from "../src/errors.ts";
import type { FileSet } from "../src/model/file-set.ts";
import { ToolError } from "./run-tool.ts";

/** A file on disk and the path under which a `FileSet` lists it. */
type DiskFile = { readonly path: string; readonly disk: string };

/** `identity` differs where a file differs in path, length or time of change. */
export type NodeFiles = FileSet & { readonly identity: string };

/**
 * Files on this machine's disk as one checkpoint: those below folders, by their path in the folder, and files by their
 * name. Hidden files are left out.
 *
 * @throws ToolError for an input that does not exist, or two files of the same path
 */
export async function openNodeFiles(inputs: readonly string[]): Promise<NodeFiles> {
  const disk = new Map<string, string>();
  for (const input of inputs) {
    for (const file of await listInput(input)) {
      const other = disk.get(file.path);
      if (other !== undefined) throw new ToolError(`${other} and ${file.disk} would both be ${file.path}.`);
      disk.set(file.path, file.disk);
    }
  }
  const paths = [...disk.keys()].sort();
  const stats = paths.map((path) => ({ path, ...statOf(disk.get(path) as string) }));
  return {
    label: inputs.join(", "),
    files: stats.map(({ path, byteLength }) => ({ path, byteLength, sha256: null })),
    identity: createHash("sha256").update(JSON.stringify(stats)).digest("hex"),
    async open(path) {
      const place = disk.get(path);
      if (place === undefined)
        throw new AuroraError("ModelNotFound", `There is no file ${path} in ${inputs.join(", ")}.`);
      return createDiskReader(path, place);
    },
  };
}

function statOf(place: string): { byteLength: number; changedMs: number } {
  const { size, mtimeMs } = statSync(place);
  return { byteLength: size, changedMs: mtimeMs };
}

async function listInput(input: string): Promise<DiskFile[]> {
  if (!existsSync(input)) throw new ToolError(`ModelNotFound: There is no file or folder ${input}.`);
  return statSync(input).isDirectory() ? listFolder(input, "") : [{ path: basename(input), disk: input }];
}

async function listFolder(folder: string, prefix: string): Promise<DiskFile[]> {
  const found: DiskFile[] = [];
  for (const name of await readdir(folder)) {
    const disk = join(folder, name);
    if (name.startsWith(".")) continue;
    // Links are followed: the Hugging Face library's folders consist of them.
    if (statSync(disk).isDirectory()) found.push(...(await listFolder(disk, `${prefix}${name}/`)));
    else found.push({ path: prefix + name, disk });
  }
  return found;
}

/** The file is opened for each read: a tool that ends anywhere leaves none open. */
function createDiskReader(name: string, disk: string): RangeReader {
  return {
    name,
    byteLength: statSync(disk).size,
    async read(begin, end) {
      const file = await open(disk, "r");
      try {
        const bytes = new Uint8Array(end - begin);
        let read = 0;
        while (read < bytes.length) {
          const { bytesRead } = await file.read(bytes, read, bytes.length - read, begin + read);
          if (bytesRead === 0)
            throw new AuroraError("ModelCorrupt", `The model's ${name} became shorter while it was read.`);
          read += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    },
  };
}
