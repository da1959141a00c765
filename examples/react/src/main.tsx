import { openAssistant } from "auroralong-web";
import { createRoot } from "react-dom/client";
import { AskVideo } from "./AskVideo.tsx";

const assets = "./aurora/";
const root = document.getElementById("root");
if (root) createRoot(root).render(<AskVideo assistant={openAssistant({ model: `${assets}models/nano/`, assets })} />);
