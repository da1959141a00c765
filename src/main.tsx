import { createRoot } from "react-dom/client";
import { openLibrary } from "./library/library.ts";
import { openAssistant } from "./session/client.ts";
import type { EncoderBackend } from "./session/types.ts";
import { App } from "./ui/App.tsx";
import { createConversation } from "./ui/chat/conversation.ts";
import { nano } from "./ui/models/model-catalog.ts";
import { createModelCheck, rememberOffers } from "./ui/models/model-check.ts";
import { createModelSlot } from "./ui/models/model-slot.ts";
import { createModels } from "./ui/models/models.ts";
import { pendingLoad } from "./ui/models/pending-load.ts";
import { createRealModelOffer, rememberRefusal } from "./ui/models/real-model-offer.ts";
import { rememberedModel } from "./ui/models/remembered-model.ts";
import { createWatchedVideo } from "./ui/watch/watched-video.ts";

const encoders: readonly EncoderBackend[] = ["auto", "webgpu", "wasm"];

const query = new URLSearchParams(location.search);
const encoder = encoders.find((each) => each === query.get("encoder"));
const slot = createModelSlot(openAssistant, nano, encoder);
const watched = createWatchedVideo(slot);
const library = openLibrary();
const check = createModelCheck(slot, library, rememberOffers());
const offer = createRealModelOffer(slot, library, rememberRefusal());
const models = createModels({
  library,
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
    conversation={createConversation(watched.askable)}
    models={models}
    check={check}
    offer={offer}
  />,
);
void models.start(query.get("model"));
