import { SideModelView, type SideModelWords } from "../models/SideModelView.tsx";
import type { RecogniserModel } from "./recogniser-model.ts";

const words: SideModelWords = {
  name: "recogniser",
  begin: "Other languages, fewer mistakes",
  choose: "Recogniser",
  about:
    "The recogniser that comes with this page knows English alone. A larger Whisper makes fewer mistakes, and takes longer.",
  known: [
    { id: "onnx-community/whisper-base", words: "Whisper base · many languages" },
    { id: "onnx-community/whisper-small", words: "Whisper small · better, slower" },
    { id: "onnx-community/whisper-large-v3-turbo", words: "Whisper large v3 turbo · best, slowest" },
  ],
};

/** Which recogniser writes down what is said, and how to get another one. */
export function RecogniserView({ model }: { readonly model: RecogniserModel }) {
  return (
    <SideModelView
      model={model}
      words={words}
      ready={(name) => (
        <>
          Written down by <b>{name}</b>
        </>
      )}
    />
  );
}
