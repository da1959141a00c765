import type { ModelChoice } from "../../library/types.ts";

/** A repository on Hugging Face. */
export type HubChoice = Extract<ModelChoice, { kind: "hub" }>;

const id = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const revision = /^[\w./-]+$/;

/**
 * Reads what a person types or pastes: `owner/name`, `owner/name@revision`, or the address of any page of the repository,
 * whose branch counts, and whose file too where it is one of weights. Null where it is none of these.
 */
export function parseHubId(text: string): HubChoice | null {
  const plain = text.trim().replace(/^hub:/, "");
  const address = /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/([^?#]+)/i.exec(plain);
  if (!address) {
    const [name = "", ...rest] = plain.split("@");
    return choice(name, rest.length > 0 ? rest.join("@") : null);
  }
  const [owner = "", name = "", page, branch = "", ...file] = (address[1] ?? "").split("/");
  // Whoever asks the hub says what these are.
  if (/^(datasets|spaces)$/.test(owner) && page) return { kind: "hub", id: `${owner}/${name}/${page}` };
  const pages = ["tree", "blob", "resolve", "commit"];
  const [bare = "", given] = name.split("@");
  // One file of weights of several: whoever asks the hub reads it from its address.
  const isFile = (page === "blob" || page === "resolve") && /\.(safetensors|st|bin|pth|pt)$/i.test(file.at(-1) ?? "");
  const known = choice(`${owner}/${bare}`, branch);
  if (isFile && known) return { ...known, id: `${owner}/${bare}/${page}/${branch}/${file.join("/")}` };
  return choice(`${owner}/${bare}`, page !== undefined && pages.includes(page) ? branch : (given ?? null));
}

function choice(name: string, at: string | null): HubChoice | null {
  if (!id.test(name) || name.includes("..")) return null;
  if (at === null) return { kind: "hub", id: name };
  return revision.test(at) && !at.includes("..") ? { kind: "hub", id: name, revision: at } : null;
}

/** The choice as it can be typed again. */
export function formatHubId({ id: name, revision: at }: HubChoice): string {
  if (name.split("/").length > 2) return `https://huggingface.co/${name}`;
  return at === undefined ? name : `${name}@${at}`;
}
