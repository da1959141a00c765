import { useState } from "react";

type HubFormProps = {
  /** What the field holds at first. */
  readonly initial: string;
  /** Looks a repository up; false when the text names none. */
  readonly onLookUp: (text: string) => boolean;
};

/** A field for any model on Hugging Face. */
export function HubForm({ initial, onLookUp }: HubFormProps) {
  const [text, setText] = useState(initial);
  const [refused, setRefused] = useState(false);
  return (
    <form
      className="hub-form"
      onSubmit={(event) => {
        event.preventDefault();
        setRefused(!onLookUp(text));
      }}
    >
      <label htmlFor="hub-id">From Hugging Face</label>
      <div className="hub-form-row">
        <input
          id="hub-id"
          type="text"
          className="field"
          placeholder="owner/name"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={text}
          aria-invalid={refused || undefined}
          aria-describedby="hub-id-hint"
          onChange={(event) => {
            setText(event.target.value);
            setRefused(false);
          }}
        />
        <button type="submit" className="button">
          Look up
        </button>
      </div>
      <p id="hub-id-hint" className={refused ? "models-hint models-hint-bad" : "models-hint"} aria-live="polite">
        {refused
          ? "This is no id of a model. Write it as owner/name, or paste the address of its page."
          : "AuroraLong, ModRWKV and WorldRWKV checkpoints. With @ a revision: owner/name@main."}
      </p>
    </form>
  );
}
