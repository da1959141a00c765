import { useEffect, useState } from "react";
import { type ErrorData, toAuroraError } from "../../errors.ts";
import { openMicrophone } from "../../session/page/capture.ts";
import type { Medium, Session } from "../../session/types.ts";

/** Whether a camera or screen is listened to. Nobody is heard before the person ticks it, and the microphone is let go with it. */
export function useLiveListening(session: Session | null, medium: Medium | null) {
  const [hears, setHears] = useState(false);
  const [microphone, setMicrophone] = useState<MediaStreamTrack | null>(null);
  const [error, setError] = useState<ErrorData | null>(null);

  useEffect(() => {
    setHears(false);
    setError(null);
    return session?.subscribe(() => {
      if (["stopped", "failed"].includes(session.snapshot.status)) setMicrophone(null);
    });
  }, [session]);
  useEffect(() => () => microphone?.stop(), [microphone]);

  async function listen(on: boolean): Promise<void> {
    setHears(on);
    setError(null);
    if (!on) {
      session?.listen(false);
      setMicrophone(null);
      return;
    }
    try {
      const track = medium === "camera" ? await openMicrophone() : null;
      setMicrophone(track);
      if (track) session?.listen(true, track);
      else session?.listen(true);
    } catch (cause) {
      setHears(false);
      setError(toAuroraError(cause, "Unexpected", "The microphone could not be opened. Try again.").toData());
    }
  }

  return { hears, error, listen };
}
