import { useState } from "react";
import type { StoredModel } from "../../library/types.ts";
import { formatBytes, formatDate } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Shelf } from "./candidate.ts";

/** What models beside the assistant are for, in words. */
const purposes: Partial<Record<StoredModel["purpose"], string>> = {
  search: "finds pictures",
  speech: "writes down speech",
};

type ShelfViewProps = {
  readonly shelf: Shelf;
  /** Key of the stored model in use, or null. */
  readonly usedKey: string | null;
  readonly busy: boolean;
  readonly onOpen: (model: StoredModel) => void;
  /** Without a key: everything. */
  readonly onRemove: (key?: string) => void;
};

/** What the browser keeps: each model with its size and the way to delete it, and what is left of downloads. */
export function ShelfView({ shelf, usedKey, busy, onOpen, onRemove }: ShelfViewProps) {
  const { stored, usage } = shelf;
  const nothing = stored.length === 0 && usage.partialBytes + usage.spillBytes === 0;
  return (
    <section className="shelf" aria-labelledby="shelf-title">
      <h3 id="shelf-title">Stored in this browser</h3>
      {usage.place === "memory" && (
        <p className="note note-plain">
          <Icon name="info" />
          This window cannot store models, as private windows cannot. They are held in memory and gone with the page.
        </p>
      )}
      {stored.length > 0 && (
        <ul className="shelf-list">
          {stored.map((model) => (
            <li key={model.key}>
              <div className="shelf-model">
                <h4>
                  {model.name} <span className="tag">{purposes[model.purpose] ?? model.quantization}</span>
                </h4>
                <p>
                  {formatBytes(model.byteLength)} · {model.license} · {formatDate(model.storedAt)}
                </p>
                <p className="shelf-source">{model.source}</p>
              </div>
              {model.key === usedKey ? (
                <span className="model-ready">
                  <Icon name="check" /> In use
                </span>
              ) : model.purpose !== "watch" ? null : (
                <button
                  type="button"
                  className="button button-small"
                  aria-label={`Open ${model.name} ${model.quantization}`}
                  disabled={busy}
                  onClick={() => onOpen(model)}
                >
                  Open
                </button>
              )}
              <ConfirmedButton
                name={`Delete ${model.name} ${model.quantization}`}
                question={`Delete ${formatBytes(model.byteLength)}?`}
                onConfirm={() => onRemove(model.key)}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="shelf-foot">
        <p>{nothing ? "Nothing yet." : usageLine(usage)}</p>
        {!nothing && (
          <ConfirmedButton
            name="Delete everything"
            words="Delete everything"
            question={deleteQuestion(usage)}
            onConfirm={() => onRemove()}
          />
        )}
      </div>
      <p className="models-hint">{freeLine(usage)}</p>
    </section>
  );
}

function usageLine({ modelBytes, partialBytes, spillBytes }: Shelf["usage"]): string {
  return [
    `${formatBytes(modelBytes)} of models`,
    partialBytes > 0 && `${formatBytes(partialBytes)} of unfinished downloads`,
    spillBytes > 0 && `${formatBytes(spillBytes)} of frames kept for looking again`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** What is asked before everything goes; the frames of a video that is open stay. */
function deleteQuestion({ modelBytes, partialBytes, spillBytes }: Shelf["usage"]): string {
  const question = `Delete ${formatBytes(modelBytes + partialBytes + spillBytes)}?`;
  return spillBytes > 0 ? `${question} Frames of an open video stay.` : question;
}

function freeLine({ freeBytes, persisted, place }: Shelf["usage"]): string {
  if (place === "memory") return "Of disk space nothing is used, and nothing is free for this window.";
  const free = freeBytes === null ? "" : `${formatBytes(freeBytes)} are free for this page. `;
  return persisted
    ? `${free}The browser keeps models until you delete them.`
    : `${free}The browser may clear models when the disk gets full.`;
}

type ConfirmedButtonProps = {
  readonly name: string;
  /** Beside the picture; none when omitted. */
  readonly words?: string;
  readonly question: string;
  readonly onConfirm: () => void;
};

/** A button that asks once more, in its own place. */
function ConfirmedButton({ name, words, question, onConfirm }: ConfirmedButtonProps) {
  const [asking, setAsking] = useState(false);
  if (!asking)
    return (
      <button
        type="button"
        className="button button-small button-ghost"
        aria-label={name}
        title={name}
        onClick={() => setAsking(true)}
      >
        <Icon name="trash" /> {words}
      </button>
    );
  return (
    <span className="confirm" role="alertdialog" aria-label={name}>
      <span>{question}</span>
      <button
        type="button"
        className="button button-small button-danger"
        onClick={() => {
          setAsking(false);
          onConfirm();
        }}
      >
        Delete
      </button>
      {/* The safe answer has the focus. */}
      <button
        type="button"
        className="button button-small button-ghost"
        ref={(element) => element?.focus()}
        onClick={() => setAsking(false)}
      >
        Keep
      </button>
    </span>
  );
}
