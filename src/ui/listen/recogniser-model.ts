import type { Library } from "../../library/types.ts";
import { storeRecogniser } from "../../session/page/recogniser.ts";
import type { RememberedModel } from "../models/remembered-model.ts";
import { createSideModel, type SideModel } from "../models/side-model.ts";

/** What writes down what is said; with none, the one that comes with the app does. */
export type RecogniserModel = SideModel<{ readonly name: string; readonly storedKey: string }>;

/** The recogniser of the page; the one that was used last is used again. @param remembered where its key outlives the page */
export function createRecogniserModel(
  library: Pick<Library, "inspectSide" | "list">,
  remembered: RememberedModel,
): RecogniserModel {
  const model = createSideModel<{ readonly name: string; readonly storedKey: string }>({
    purpose: "speech",
    library,
    remembered,
    words: "recogniser",
    async open(choice, options) {
      const { key, name } = await storeRecogniser(choice, options);
      return { name, storedKey: key };
    },
    onClose: () => undefined,
  });
  void model.reopen();
  return model;
}

/** Key of the stored recogniser in use; null for the one that comes with the app. */
export function recogniserKey({ snapshot }: RecogniserModel): string | null {
  return snapshot.status === "ready" ? snapshot.info.storedKey : null;
}
