import type { ReactNode } from "react";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { Icon } from "../parts/Icon.tsx";
import { type Candidate, costOf, formOf, type Shelf, storedCopy, storedForm } from "./candidate.ts";
import { ModelOfferView } from "./ModelOfferView.tsx";
import type { ModelRequest } from "./model-slot.ts";
import type { Models } from "./models.ts";

type ModelCardProps = {
  readonly candidate: Candidate;
  readonly shelf: Shelf | null;
  readonly models: Models;
  /** The model in use; null when none is. */
  readonly used: ModelRequest | null;
  readonly busy: boolean;
  /** What it is good for, and what is known of its size without looking; null where the person named it. */
  readonly about: ReactNode;
  readonly estimate: ReactNode;
};

/** A model to choose: what is known of it, and after a look what it costs. */
export function ModelCard({ candidate, shelf, models, used, busy, about, estimate }: ModelCardProps) {
  const { id, name, choice, look } = candidate;
  const copy = choice.kind === "hub" ? storedCopy(shelf?.stored ?? [], choice) : null;
  const stored = storedForm(candidate, shelf);
  const isUsed = (key: string | undefined) => used?.choice.kind === "stored" && used.choice.key === key;
  return (
    <li className="model-card" data-look={look.status}>
      <header>
        <div>
          <h4>{name}</h4>
          {about}
          {look.status !== "seen" && estimate}
        </div>
        <div className="model-card-actions">
          {look.status !== "seen" && copy && isUsed(copy.key) && (
            <span className="model-ready">
              <Icon name="check" /> In use
            </span>
          )}
          {look.status !== "seen" && copy && !isUsed(copy.key) && (
            <button
              type="button"
              className="button button-primary button-small"
              disabled={busy}
              onClick={() => void models.openStored(copy)}
            >
              Open {copy.quantization}
            </button>
          )}
          {look.status === "looking" && (
            <p className="looking" role="status">
              <span aria-hidden="true" /> Looking…
            </p>
          )}
          {look.status === "unseen" && (
            <button
              type="button"
              className="button button-small"
              aria-label={`Look up ${name}`}
              onClick={() => void models.look(id)}
            >
              Look up
            </button>
          )}
        </div>
      </header>
      {look.status === "failed" && (
        <ErrorNote error={look.error}>
          <button type="button" className="button button-small" onClick={() => void models.look(id)}>
            <Icon name="again" /> Retry
          </button>
        </ErrorNote>
      )}
      {look.status === "seen" && (
        <ModelOfferView
          id={id}
          offer={look.offer}
          form={formOf(candidate)}
          stored={stored}
          cost={costOf(candidate, formOf(candidate))}
          usage={shelf?.usage ?? null}
          inUse={stored !== null && isUsed(stored.key)}
          busy={busy}
          onForm={(form) => models.want(id, form)}
          onLoad={() => void models.load(id)}
        />
      )}
    </li>
  );
}
