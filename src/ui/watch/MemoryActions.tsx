import { useState } from "react";
import { type ErrorData, toAuroraError } from "../../errors.ts";
import type { Session } from "../../session/types.ts";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { Icon } from "../parts/Icon.tsx";
import { fileNameOf, saveFile } from "../parts/save-file.ts";
import { useSnapshot } from "../parts/use-snapshot.ts";

/** Saves what was seen as a file of its own, which can be asked without the video, here or elsewhere. */
export function SaveMemory({ session, name }: { readonly session: Session; readonly name: string }) {
  const begun = useSnapshot(session, (now) => now.framesWatched > 0);
  const [error, setError] = useState<ErrorData | null>(null);

  async function save() {
    setError(null);
    try {
      saveFile(await session.save(), fileNameOf(name, "aurora"));
    } catch (cause) {
      setError(toAuroraError(cause, "Unexpected", "The memory could not be saved. Try again.").toData());
    }
  }

  return (
    <>
      <button type="button" className="button button-small" disabled={!begun} onClick={() => void save()}>
        <Icon name="download" /> Save memory
      </button>
      {error && <ErrorNote error={error} />}
    </>
  );
}

type OpenMemoryProps = { readonly onOpen: (file: File) => void; readonly small?: boolean };

/** Opens what was saved. */
export function OpenMemory({ onOpen, small = false }: OpenMemoryProps) {
  return (
    <label className={small ? "button button-small picker" : "button picker"}>
      <input
        type="file"
        className="visually-hidden"
        aria-label="Open memory"
        accept=".aurora,.safetensors"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onOpen(file);
          event.currentTarget.value = "";
        }}
      />
      <Icon name="folder" />
      Open memory
    </label>
  );
}
