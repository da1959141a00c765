import { afterAll, expect, it, vi } from "vitest";
import { openAssistant } from "../../../src/session/page/client.ts";
import type { SessionSnapshot } from "../../../src/session/types.ts";
import { ended } from "./session.ts";

vi.setConfig({ testTimeout: 600_000 });

const assistant = await openAssistant({ model: "/tests/fixtures/models/all-bytes/" });
afterAll(() => assistant.close());
const clip = await (await fetch("/tests/fixtures/speech/speech.mp4")).blob();

/** Watches the clip to its end. @param check told of each snapshot */
async function watch(
  options: { listen: boolean; speech: boolean },
  check: (now: SessionSnapshot) => void = () => undefined,
) {
  const session = assistant.watch(clip, { fps: 2, ...options });
  session.subscribe(() => check(session.snapshot));
  const { status, linesRead, framesWatched, transcript } = await ended(session);
  expect(status).toBe("done");
  const file = await (await session.save()).text();
  await session.close();
  return { linesRead, framesWatched, transcript, file };
}

it("what is said is read into the memory, for which frames wait, where it is wanted and heard", async () => {
  expect(assistant.model.speech).toBe(true);
  const spoken = await watch({ listen: true, speech: true }, ({ frames, transcript }) => {
    const last = frames.at(-1)?.timestampSeconds ?? 0;
    const open = transcript.status === "waiting" || transcript.status === "listening";
    if (open) expect(last).toBeLessThanOrEqual(transcript.heardUntilSeconds);
  });
  expect(spoken.transcript.lines).toHaveLength(2);
  expect(spoken.linesRead).toBe(2);
  for (const { text } of spoken.transcript.lines) expect(spoken.file.includes(text), text).toBe(true);
  // Where nobody listens nothing is waited for, or read.
  const silent = await watch({ listen: false, speech: true });
  expect(silent.framesWatched).toBe(spoken.framesWatched);
  expect(silent.linesRead).toBe(0);
  expect(silent.transcript.lines).toEqual([]);
});
