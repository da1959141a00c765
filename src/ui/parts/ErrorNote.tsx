import type { ReactNode } from "react";
import type { ErrorData } from "../../errors.ts";
import { Icon } from "./Icon.tsx";

type ErrorNoteProps = {
  readonly error: Pick<ErrorData, "message">;
  /** What the person can press to go on; nothing when omitted. */
  readonly children?: ReactNode;
};

/** An error where it happened, in its own sentence. */
export function ErrorNote({ error, children }: ErrorNoteProps) {
  return (
    <div className="note note-error" role="alert">
      <Icon name="warning" />
      <p>{error.message}</p>
      {children && <div className="note-actions">{children}</div>}
    </div>
  );
}
