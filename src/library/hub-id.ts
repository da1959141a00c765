import { AuroraError } from "../errors.ts";

/** What an address or id on a hub means: `owner/name`, and the branch and the file where the address is of such; null where it is not. */
export type HubId = { readonly id: string; readonly branch: string | null; readonly file: string | null };

/** Other names of Hugging Face's own server, with or without a scheme. */
const huggingFaceNames = /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\//i;
const anyId =
  /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:\/(?:tree\/([^/?#]+)|(?:blob|resolve)\/([^/?#]+)(?:\/([^?#]+))?))?(?:[/?#].*)?$/;

/**
 * Reads `owner/name` from itself, or from the address of a repository's page or of one of its files.
 *
 * @param origin the hub's
 * @throws AuroraError `ModelNotFound` that says what the text is
 */
export function parseHubId(text: string, origin: string): HubId {
  const trimmed = text.trim();
  const isOrigin = trimmed.startsWith(`${origin}/`);
  const path = isOrigin
    ? trimmed.slice(origin.length + 1)
    : trimmed.replace(huggingFaceNames, "").replace(/^hf:\/\//, "");
  const [, kind, rest = ""] = /^(dataset|space)s\/(.+)$/.exec(path) ?? [];
  const [, id, tree, branch = tree, file] = anyId.exec(rest || path) ?? [];
  if (id !== undefined && (kind === "dataset" || kind === "space")) throw otherKind(id, kind);
  if (id === undefined || /^https?:$/.test(id)) throw notAnId(text, trimmed);
  return { id, branch: decode(branch), file: decode(file) };
}

function decode(part: string | undefined): string | null {
  if (part === undefined) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function notAnId(text: string, trimmed: string): AuroraError {
  if (/^https?:\/\//i.test(trimmed)) {
    const what = `"${text}" is an address of another site, not of a model on the hub`;
    return new AuroraError(
      "ModelNotFound",
      `${what}. Give the model's id (owner/name), or download its files and pick them.`,
    );
  }
  return new AuroraError("ModelNotFound", `"${text}" is no model's id. It should look like owner/name.`);
}

/** The error for an id that is a dataset's or a space's. */
export function otherKind(id: string, kind: "dataset" | "space"): AuroraError {
  const what = kind === "dataset" ? "a dataset" : "a space (an app that runs there)";
  return new AuroraError("ModelNotFound", `${id} is ${what}, not a model. Look on its page which model it belongs to.`);
}
