import { createRoot } from "react-dom/client";
import { openLibrary } from "./library/library.ts";
import { openAssistant } from "./session/client.ts";
import type { EncoderBackend } from "./session/types.ts";
import { App } from "./ui/App.tsx";
import { createConversation } from "./ui/chat/conversation.ts";
import { createListenChoice } from "./ui/listen/listen-choice.ts";
import { nano } from "./ui/models/model-catalog.ts";
import { createModelSlot } from "./ui/models/model-slot.ts";
import { createModels } from "./ui/models/models.ts";
import { rememberedModel } from "./ui/models/remembered-model.ts";
import { createWatchedVideo } from "./ui/watch/watched-video.ts";

const encoders: readonly EncoderBackend[] = ["auto", "webgpu", "wasm"];

const query = new URLSearchParams(location.search);
const encoder = encoders.find((each) => each === query.get("encoder"));
const slot = createModelSlot(openAssistant, nano, encoder);
const listenChoice = createListenChoice();
const watched = createWatchedVideo(slot, () => listenChoice.snapshot);
const models = createModels({
  library: openLibrary(),
  slot,
  remembered: rememberedModel,
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
    listenChoice={listenChoice}
  />,
);
void models.start(query.get("model"));
