import { createRoot } from "react-dom/client";
import { openAssistant } from "./session/client.ts";
import type { EncoderBackend } from "./session/types.ts";
import { App } from "./ui/App.tsx";
import { createConversation } from "./ui/conversation.ts";
import { createViewer } from "./ui/viewer.ts";

const encoders: readonly EncoderBackend[] = ["auto", "webgpu", "wasm"];

const query = new URLSearchParams(location.search);
const viewer = createViewer(openAssistant, {
  model: new URL(query.get("model") ?? "models/nano/", document.baseURI).href,
  encoder: encoders.find((encoder) => encoder === query.get("encoder")) ?? "auto",
});
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(<App viewer={viewer} conversation={createConversation(viewer.askable)} />);
void viewer.load();
