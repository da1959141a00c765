import type { Library } from "../../library/types.ts";
import type { Assistant, SearchModelInfo } from "../../session/types.ts";
import type { ModelSlot } from "../models/model-slot.ts";
import type { RememberedModel } from "../models/remembered-model.ts";
import { createSideModel, type SideModel } from "../models/side-model.ts";

/** What finds frames by what is seen in them. */
export type SearchModelStore = SideModel<SearchModelInfo>;

/**
 * The search model of the page.
 *
 * @param slot the assistant whose sessions are searched: each new one is given the model that was used last, if it is stored
 * @param remembered where the stored model's key outlives the page
 */
export function createSearchModel(
  slot: Pick<ModelSlot, "snapshot" | "subscribe">,
  library: Pick<Library, "inspectSide" | "list">,
  remembered: RememberedModel,
): SearchModelStore {
  let assistant: Assistant | null = null;
  const model = createSideModel<SearchModelInfo>({
    purpose: "search",
    library,
    remembered,
    words: "search model",
    open: (choice, options) => assistant?.openSearch(choice, options) ?? null,
    onClose: () => assistant?.closeSearch(),
  });

  /** Another assistant knows no search model yet. */
  function attach(): void {
    const { model: watching } = slot.snapshot;
    const next = watching.status === "ready" ? watching.assistant : null;
    if (next === assistant) return;
    assistant = next;
    model.reset();
    if (next) void model.reopen();
  }

  slot.subscribe(attach);
  attach();
  return model;
}
