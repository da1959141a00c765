import type { SessionSnapshot } from "../../session/types.ts";
import { SideModelView, type SideModelWords } from "../models/SideModelView.tsx";
import type { Store } from "../parts/store.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { SearchModelStore } from "./search-model.ts";

type SearchModelViewProps = { readonly model: SearchModelStore; readonly watch: Store<SessionSnapshot> };

const words: SideModelWords = {
  name: "search model",
  begin: "Find what was seen, too",
  choose: "Model for what was seen",
  about: "A SigLIP tells how well a text fits a picture.",
  known: [
    { id: "google/siglip-base-patch16-224", words: "SigLIP · English · 0.8 GB" },
    { id: "google/siglip2-base-patch16-224", words: "SigLIP 2 · many languages · 1.5 GB" },
  ],
};

/** Whether pictures are found too, by which model, and how to get one. */
export function SearchModelView({ model, watch }: SearchModelViewProps) {
  return <SideModelView model={model} words={words} ready={(name) => <Ready name={name} watch={watch} />} />;
}

function Ready({ name, watch }: { readonly name: string; readonly watch: Store<SessionSnapshot> }) {
  const found = useSnapshot(watch, ({ seen }) => seen.frames);
  const watched = useSnapshot(watch, ({ framesWatched }) => framesWatched);
  return (
    <>
      Pictures are found by <b>{name}</b> · {found} of {watched} frames
    </>
  );
}
