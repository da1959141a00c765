import { describe, expect, it } from "vitest";
import type { LoadProgress } from "../../../src/library/types.ts";
import { openAssistant } from "../../../src/session/page/client.ts";
import { ask, ended, openNano, questionOf, reference, sample, until } from "./session.ts";

const long = "/tests/fixtures/clips/forty-seconds.mp4";
const question = questionOf("one-object.mp4", "caption");

it("gives all GPU memory and every frame back, ten sessions over", async () => {
  const assistant = await openNano();
  const before = await assistant.gpuUsage();
  expect(before.buffers).toBeGreaterThan(0);
  for (let round = 0; round < 10; round++) {
    const kind = round % 5;
    const session = assistant.watch(kind === 0 ? sample("one-object.mp4") : kind === 4 ? new Blob(["no video"]) : long);
    if (kind === 0) {
      await ended(session);
      expect(await ask(session, question)).toBe(reference("one-object.mp4", question));
      expect(await ask(session, question, { from: "look-again" })).toBe(
        reference("one-object.mp4", question, "look-again"),
      );
    }
    // Closed before it opened, while watching, while answering, and after it failed.
    if (kind === 2) await until(session, ({ framesWatched }) => framesWatched > 0);
    const answer = kind === 3 ? ask(session, question, { temperature: 9, maxTokens: 2000 }) : null;
    if (kind === 4) expect(await ended(session)).toMatchObject({ status: "failed" });
    if (kind === 0) expect((await assistant.gpuUsage()).buffers).toBeGreaterThan(before.buffers);
    await session.close();
    await answer;
    expect(await assistant.gpuUsage()).toEqual({ ...before, openVideoFrames: 0 });
  }
  await assistant.close();
});

it("refuses what is asked of a session that was closed", async () => {
  const assistant = await openNano();
  const session = assistant.watch(sample("one-object.mp4"));
  await ended(session);
  await session.close();
  await expect(ask(session, question)).rejects.toMatchObject({ code: "Aborted" });
  await session.close();
  await assistant.close();
});

it("ends everything when the assistant is closed, and a new one starts afresh", async () => {
  const first = await openNano();
  const session = first.watch(long);
  await until(session, ({ framesWatched }) => framesWatched > 0);
  const answer = ask(session, question, { temperature: 9, maxTokens: 2000 });
  first.close();
  await answer;
  await session.close();
  await expect(ask(session, question)).rejects.toMatchObject({ code: "Aborted" });

  const second = await openNano();
  const again = second.watch(sample("one-object.mp4"));
  await ended(again);
  expect(await ask(again, question)).toBe(reference("one-object.mp4", question));
  second.close();
});

describe("opening", () => {
  it("reports its progress and what was opened", async () => {
    const progress: LoadProgress[] = [];
    const assistant = await openAssistant({ model: "/models/nano/", onProgress: (now) => progress.push(now) });
    expect(new Set(progress.map(({ stage }) => stage))).toEqual(new Set(["gpu", "download", "prepare"]));
    expect(progress.at(-1)).toMatchObject({ stage: "prepare", loadedBytes: assistant.model.bytes });
    expect(assistant.model).toMatchObject({ name: "nano-v6", imageSize: 96, fps: 2 });
    expect(assistant.adapter.encoder).toBe(assistant.adapter.software ? "wasm" : "webgpu");
    await assistant.close();
  });

  it("is refused, with the reason", async () => {
    const nowhere = openAssistant({ model: "/models/none/" });
    await expect(nowhere).rejects.toMatchObject({ code: "ModelNotFound" });
    await expect(openAssistant({ model: "http://127.0.0.1:1/" })).rejects.toMatchObject({ code: "DownloadFailed" });
  });

  it("can be aborted before and while it runs", async () => {
    const before = openAssistant({ model: "/models/nano/", signal: AbortSignal.abort() });
    await expect(before).rejects.toMatchObject({ code: "Aborted" });
    for (const stage of ["download", "prepare"]) {
      const stop = new AbortController();
      const onProgress = (now: LoadProgress) => {
        if (now.stage === stage) stop.abort();
      };
      const during = openAssistant({ model: "/models/nano/", signal: stop.signal, onProgress });
      await expect(during).rejects.toMatchObject({ code: "Aborted" });
    }
  });
});
