import type { ExportKind, Session } from "../../session/types.ts";
import { fileNameOf, saveText } from "../parts/save-file.ts";

const kinds: readonly (readonly [kind: ExportKind, name: string, ending: string, type: string])[] = [
  ["vtt", "WebVTT", "vtt", "text/vtt"],
  ["srt", "SRT", "srt", "application/x-subrip"],
  ["markdown", "Markdown", "md", "text/markdown"],
  ["json", "JSON", "json", "application/json"],
];

/** The notes as a file, in the formats that players and editors take. */
export function ExportNotes({ session, name }: { readonly session: Session; readonly name: string }) {
  return (
    <fieldset className="notes-export">
      <legend className="visually-hidden">Save the notes as a file</legend>
      {kinds.map(([kind, label, ending, type]) => (
        <button
          key={kind}
          type="button"
          className="button button-ghost button-small"
          aria-label={`Save notes as ${label}`}
          title={`Save notes as ${label}`}
          onClick={() => saveText(session.export(kind), fileNameOf(name, ending), type)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}
