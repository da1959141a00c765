import { AuroraError } from "../../errors.ts";
import type { ModelChoice } from "../../library/types.ts";
import type { OpenOptions, SearchModelInfo } from "../types.ts";
import { type Link, settled } from "./link.ts";

/** Has the worker open a search model; sessions forget what another one saw. */
export async function openSearch(
  link: Link,
  model: ModelChoice,
  { signal, onProgress }: Pick<OpenOptions, "onProgress" | "signal">,
): Promise<SearchModelInfo> {
  if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.");
  const request = link.next();
  const opened = settled(link.searches, request, link);
  if (!link.ended) link.send({ type: "open-search", request, model });
  const stop = () => link.send({ type: "stop-search" });
  if (onProgress) link.searchProgress.set(request, onProgress);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await opened;
  } finally {
    link.searchProgress.delete(request);
    signal?.removeEventListener("abort", stop);
  }
}

export function closeSearch(link: Link): void {
  link.send({ type: "close-search" });
  link.search = null;
  for (const { onSearchModel } of link.sessions.values()) onSearchModel();
}

/** The vector of a text. */
export function embedText(link: Link, text: string): Promise<Float32Array> {
  const request = link.next();
  const embedded = settled(link.embeds, request, link);
  if (!link.ended) link.send({ type: "embed", request, text });
  return embedded;
}
