import { type DragEvent, useState } from "react";
import type { ModelChoice } from "../../library/types.ts";
import { Icon } from "../parts/Icon.tsx";
import { choiceFromDrop, choiceFromInput } from "./picked-model.ts";

type LocalFormProps = { readonly onPick: (choice: Extract<ModelChoice, { kind: "files" }>) => void };

/** A checkpoint from this machine: a folder, files, or either dropped here. */
export function LocalForm({ onPick }: LocalFormProps) {
  const [over, setOver] = useState(false);

  /** Kept from the window, which would take the files for a video. */
  function keep(event: DragEvent) {
    event.preventDefault();
    event.stopPropagation();
  }

  async function drop(data: DataTransfer) {
    const choice = await choiceFromDrop(data);
    if (choice) onPick(choice);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a way beside the two file inputs, which keyboards reach.
    <div
      className="local-form"
      data-over={over || undefined}
      onDragEnter={keep}
      onDragOver={(event) => {
        keep(event);
        setOver(true);
      }}
      onDragLeave={(event) => {
        keep(event);
        setOver(false);
      }}
      onDrop={(event) => {
        keep(event);
        setOver(false);
        void drop(event.dataTransfer);
      }}
    >
      <h4>From this machine</h4>
      <div className="local-form-row">
        <FilesInput name="Choose a folder" icon="folder" folder onPick={onPick} />
        <FilesInput name="Choose files" icon="file" onPick={onPick} />
      </div>
      <p className="models-hint">
        Or drop them here: safetensors, .bin, .pth, .st, with config.json where there is one.
      </p>
    </div>
  );
}

type FilesInputProps = LocalFormProps & {
  readonly name: string;
  readonly icon: "folder" | "file";
  readonly folder?: boolean;
};

function FilesInput({ name, icon, folder = false, onPick }: FilesInputProps) {
  return (
    <label className="button picker">
      <input
        type="file"
        className="visually-hidden"
        multiple
        webkitdirectory={folder ? "" : undefined}
        onChange={(event) => {
          const choice = choiceFromInput(event.currentTarget.files);
          event.currentTarget.value = "";
          if (choice) onPick(choice);
        }}
      />
      <Icon name={icon} />
      {name}
    </label>
  );
}
