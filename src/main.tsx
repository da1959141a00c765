import { createRoot } from "react-dom/client";
import { openLibrary } from "./library/library.ts";
import { openAssistant } from "./session/client.ts";
import type { EncoderBackend } from "./session/types.ts";
import { App } from "./ui/App.tsx";
import { createConversation } from "./ui/chat/conversation.ts";
import { nano } from "./ui/models/model-catalog.ts";
import { createModels } from "./ui/models/models.ts";
import { rememberedModel } from "./ui/models/remembered-model.ts";
import { createViewer } from "./ui/viewer.ts";

const encoders: readonly EncoderBackend[] = ["auto", "webgpu", "wasm"];

const query = new URLSearchParams(location.search);
const viewer = createViewer(
  openAssistant,
  nano,
  encoders.find((encoder) => encoder === query.get("encoder")) ?? "auto",
);
const models = createModels({
  library: openLibrary(),
  viewer,
  remembered: rememberedModel,
  persist: async () => navigator.storage?.persist?.(),
});
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(<App viewer={viewer} conversation={createConversation(viewer.askable)} models={models} />);
void models.start(query.get("model"));
