import type { ErrorData } from "../../errors.ts";
import type { Library, ModelChoice, ModelOffer, Quantization, StoredModel } from "../../library/types.ts";
import type { HubChoice } from "./hub-id.ts";

/** What looking at a model found; `unseen` until the person asks for it, as looking may ask Hugging Face. */
type Look =
  | { readonly status: "unseen" }
  | { readonly status: "looking" }
  | { readonly status: "seen"; readonly offer: ModelOffer }
  | { readonly status: "failed"; readonly error: ErrorData };

/** A model that can be looked at and then loaded. `wanted` is the form that the person chose; null takes the recommended one. */
export type Candidate = {
  readonly id: string;
  readonly name: string;
  readonly choice: Extract<ModelChoice, { kind: "hub" | "files" }>;
  readonly look: Look;
  readonly wanted: Quantization | null;
};

/** Ids of the candidates that the person names: by an id of Hugging Face, and by files. */
export const [hubCandidate, filesCandidate] = ["hub", "files"] as const;

/** What the browser keeps; null before it was read. */
export type Shelf = {
  readonly stored: readonly StoredModel[];
  readonly usage: Awaited<ReturnType<Library["usage"]>>;
};

/** The form that loading a candidate takes; null where none is likely to fit and the person chose none. */
export function formOf({ look, wanted }: Candidate): Quantization | null {
  return look.status === "seen" ? (wanted ?? look.offer.recommended) : null;
}

/** The stored copy of a candidate in the form that loading it takes, or null. */
export function storedForm(candidate: Candidate, shelf: Shelf | null): StoredModel | null {
  const { look, choice } = candidate;
  const form = formOf(candidate);
  if (look.status !== "seen" || form === null) return null;
  const { revision, stored } = look.offer;
  const isCopy = (model: StoredModel) =>
    stored.some(({ key }) => key === model.key) ||
    (choice.kind === "hub" && revision !== null && isOf(model, { ...choice, revision }));
  return (shelf?.stored ?? stored).find((model) => model.quantization === form && isCopy(model)) ?? null;
}

/** Bytes that loading a candidate in some form still downloads, and that it needs of the disk on the way. */
export function costOf({ choice, look }: Candidate, form: Quantization | null): { download: number; disk: number } {
  if (look.status !== "seen") return { download: 0, disk: 0 };
  const { options, recommended, stored, files, downloadBytes, diskBytes } = look.offer;
  // What the library counts with.
  const counted = options.find(({ quantization }) => quantization === recommended) ?? options.at(-1);
  const wanted = options.find(({ quantization }) => quantization === form) ?? counted;
  const wantedBytes = wanted?.storedBytes ?? 0;
  if (!stored.some(({ quantization }) => quantization === counted?.quantization))
    return { download: downloadBytes, disk: Math.max(0, diskBytes + wantedBytes - (counted?.storedBytes ?? 0)) };
  // What was downloaded for a stored form was deleted once that was whole.
  const download = choice.kind === "hub" ? files.reduce((sum, { byteLength }) => sum + byteLength, 0) : 0;
  return { download, disk: download + wantedBytes };
}

/** The newest stored copy of a repository, of any revision unless the choice names one, or null. */
export function storedCopy(stored: readonly StoredModel[], choice: HubChoice): StoredModel | null {
  return stored.filter((model) => isOf(model, choice)).sort((a, b) => b.storedAt - a.storedAt)[0] ?? null;
}

/** Whether a stored model came from a repository, whose library calls the source "owner/name at commit". */
function isOf({ source }: StoredModel, { id, revision }: HubChoice): boolean {
  const start = `${id} at `;
  return source.startsWith(start) && (revision === undefined || revision.startsWith(source.slice(start.length)));
}
