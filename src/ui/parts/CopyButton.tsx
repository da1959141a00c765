import { useState } from "react";
import { Icon } from "./Icon.tsx";

/** Copies `text`, and says so by its picture and to screen readers. */
export function CopyButton({ text, name }: { readonly text: string; readonly name: string }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  }
  return (
    <button type="button" className="button button-ghost" aria-label={name} title={name} onClick={copy}>
      <Icon name={copied ? "check" : "copy"} />
      <span className="visually-hidden" aria-live="polite">
        {copied ? "Copied" : ""}
      </span>
    </button>
  );
}
