import type { HttpOptions } from "../bytes/http.ts";
import type { FileSet } from "../model/file-set.ts";
import { sha256 } from "../model/sha256.ts";
import { createHubFileSet, type HubFileSet, type HubRepository, listHubRepository } from "./hub.ts";
import { createPickedFiles } from "./picked-files.ts";
import type { ModelChoice, PickedFile } from "./types.ts";

/** Where a model that is to be stored comes from. */
export type ModelSource = {
  /** Names this revision of it in the store. */
  readonly key: string;
  readonly name: string;
  /** For people: an id with its commit, or the name of what was picked. */
  readonly label: string;
  /** Commit; null for picked files. */
  readonly revision: string | null;
  /** As the place it comes from states it; null where it does not. */
  readonly license: string | null;
  /** Its files as they lie there. */
  readonly files: FileSet;
  /** Null for picked files. */
  readonly hub: { readonly repository: HubRepository; readonly files: HubFileSet } | null;
};

/** The choices that end up in the store. */
export type SourceChoice = Extract<ModelChoice, { kind: "hub" | "files" }>;

/**
 * Lists the files of a choice.
 *
 * @throws AuroraError `ModelNotFound`, `DownloadFailed` or `Aborted`
 */
export async function findSource(choice: SourceChoice, options: HttpOptions): Promise<ModelSource> {
  if (choice.kind === "files") return sourceOfFiles(choice.name, choice.files);
  const repository = await listHubRepository(choice, options);
  const files = createHubFileSet(repository, options);
  const { id, commit, license, chosen } = repository;
  return {
    key: await createKey(id, [repository.host, id, commit, ...(chosen === null ? [] : [chosen])]),
    name: id,
    label: `${id} at ${commit.slice(0, 12)}${chosen === null ? "" : ` (${chosen})`}`,
    revision: commit,
    license: license === "unknown" ? null : license,
    files,
    hub: { repository, files },
  };
}

async function sourceOfFiles(name: string, picked: readonly PickedFile[]): Promise<ModelSource> {
  const files = createPickedFiles(name, picked);
  // What the files are is not read for this: gigabytes. A file that changed has another date.
  const marks = picked.map(({ path, file }) => [path, file.size, (file as Partial<File>).lastModified ?? 0]);
  return {
    key: await createKey(name, marks.map(String).sort()),
    name,
    label: name,
    revision: null,
    license: null,
    files,
    hub: null,
  };
}

/** A name that can be a folder's: some of `name` to be recognised by, and a hash of what makes it unique. */
async function createKey(name: string, parts: readonly string[]): Promise<string> {
  const hash = await sha256(new TextEncoder().encode(JSON.stringify(parts)));
  const slug = name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60);
  return `${slug}-${hash.slice(0, 16)}`;
}
