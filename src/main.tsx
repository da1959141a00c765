import { createRoot } from "react-dom/client";
import { openLibrary } from "./library/library.ts";
import { ortBuild } from "./onnx/ort-build.ts";
import { openAssistant } from "./session/page/client.ts";
import { findSavedSession, forgetSavedSession } from "./session/page/saved-sessions.ts";
import { App } from "./ui/App.tsx";
import { createConversation } from "./ui/chat/conversation.ts";
import { createSearchModel } from "./ui/find/search-model.ts";
import { createListenChoice } from "./ui/listen/listen-choice.ts";
import { createRecogniserModel, recogniserKey } from "./ui/listen/recogniser-model.ts";
import { nano } from "./ui/models/model-catalog.ts";
import { createModelCheck, rememberOffers } from "./ui/models/model-check.ts";
import { createModelSlot } from "./ui/models/model-slot.ts";
import { createModels } from "./ui/models/models.ts";
import { pendingLoad } from "./ui/models/pending-load.ts";
import { createRealModelOffer, rememberRefusal } from "./ui/models/real-model-offer.ts";
import { rememberedModel, rememberedRecogniser, rememberedSearchModel } from "./ui/models/remembered-model.ts";
import { applyAppearance } from "./ui/settings/appearance.ts";
import { answerOptions, createSettings, watchOptions } from "./ui/settings/settings.ts";
import { createWatchedVideo } from "./ui/watch/watched-video.ts";

const query = new URLSearchParams(location.search);
const chosen = <T extends string>(name: string, others: readonly T[]) =>
  others.find((each) => each === query.get(name)) ?? "auto";
const slot = createModelSlot(openAssistant, nano, {
  encoder: chosen("encoder", ["webgpu", "wasm"]),
  encoderPrecision: chosen("precision", ["f16", "f32"]),
  kernels: chosen("kernels", ["measure", "suited"]),
});
const settings = createSettings(browserStore());
applyAppearance(settings.snapshot);
settings.subscribe(() => applyAppearance(settings.snapshot));
const listenChoice = createListenChoice();
const library = openLibrary();
const watching = () => ({
  ...watchOptions(settings.snapshot),
  listen: listenChoice.snapshot,
  recogniser: recogniserKey(recogniser),
  autosave: true,
});
const recogniser = createRecogniserModel(library, rememberedRecogniser);
const watched = createWatchedVideo(slot, watching, { find: findSavedSession, forget: forgetSavedSession });

const conversation = createConversation(watched.askable, () => answerOptions(settings.snapshot));
const check = createModelCheck(slot, library, rememberOffers());
const offer = createRealModelOffer(slot, library, rememberRefusal());
const searchModel = createSearchModel(slot, library, rememberedSearchModel);
const models = createModels({
  library: {
    ...library,
    remove(key) {
      searchModel.letGo(key);
      recogniser.letGo(key);
      return library.remove(key);
    },
  },
  slot,
  remembered: rememberedModel,
  pending: pendingLoad,
  persist: async () => navigator.storage?.persist?.(),
});
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <App
    slot={slot}
    watched={watched}
    conversation={conversation}
    models={models}
    settings={settings}
    check={check}
    offer={offer}
    listenChoice={listenChoice}
    searchModel={searchModel}
    recogniser={recogniser}
  />,
);
void models.start(query.get("model"));
if (import.meta.env.PROD) keepForOffline();

/** Once the model is there or failed, so as not to hold it up: what it loaded is then at hand. */
function keepForOffline(): void {
  const unsubscribe = slot.subscribe(() => {
    const { model } = slot.snapshot;
    if (model.status === "loading") return;
    unsubscribe();
    const build = model.status === "ready" ? `?onnxruntime=${ortBuild(model.assistant.adapter.encoder)}` : "";
    // Refused in some private windows, and without https: then the page needs the network each time.
    navigator.serviceWorker?.register(new URL(`service-worker.js${build}`, document.baseURI)).catch(() => undefined);
  });
}

/** Null where the browser lets the page keep nothing. */
function browserStore(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
