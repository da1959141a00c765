import { type Assistant, AuroraError, type Session } from "auroralong-web";
import { type FormEvent, useEffect, useState, useSyncExternalStore } from "react";

const nothing = () => () => undefined;

/** Lets a person choose a video and ask about it, also while it is still being watched. */
export function AskVideo({ assistant }: { assistant: Promise<Assistant> }) {
  const [file, setFile] = useState<File | null>(null);
  const [session, setSession] = useState<Session | null>(null);
  const [answer, setAnswer] = useState("");
  const snapshot = useSyncExternalStore(session?.subscribe ?? nothing, () => session?.snapshot ?? null);

  useEffect(() => {
    if (!file) return;
    const opened = assistant.then((ready) => ready.watch(file));
    opened.then(setSession, (error) => setAnswer(error instanceof AuroraError ? error.message : String(error)));
    return () => void opened.then((old) => old.close());
  }, [assistant, file]);

  const ask = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const question = String(new FormData(event.currentTarget).get("question"));
    setAnswer("");
    try {
      for await (const { text } of session?.ask(question) ?? []) setAnswer((before) => before + text);
    } catch (error) {
      if (error instanceof AuroraError) setAnswer(error.message);
    }
  };

  return (
    <form onSubmit={ask}>
      <input id="video" type="file" accept="video/*" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
      <span id="status">
        {snapshot?.error?.message ?? (snapshot && `${snapshot.status}, ${snapshot.framesWatched} frames`)}
      </span>
      <input id="question" name="question" defaultValue="What happens in the video?" />
      <button type="submit" disabled={!snapshot}>
        Ask
      </button>
      <p id="answer">{answer}</p>
    </form>
  );
}
