import { createElement } from "react";
import { expect, test } from "vitest";
import type { LoadProgress, ModelOffer } from "../../../src/library/types.ts";
import { noFigures } from "../../../src/session/asking/asked.ts";
import {
  type AnswerPiece,
  type Assistant,
  emptySnapshot,
  type FrameRecord,
  type OpenOptions,
  type Session,
  type SessionSnapshot,
} from "../../../src/session/types.ts";
import { App } from "../../../src/ui/App.tsx";
import { createConversation } from "../../../src/ui/chat/conversation.ts";
import { createSearchModel } from "../../../src/ui/find/search-model.ts";
import { createListenChoice } from "../../../src/ui/listen/listen-choice.ts";
import { createRecogniserModel } from "../../../src/ui/listen/recogniser-model.ts";
import { nano } from "../../../src/ui/models/model-catalog.ts";
import { createModelCheck } from "../../../src/ui/models/model-check.ts";
import { createModelSlot } from "../../../src/ui/models/model-slot.ts";
import { createModels } from "../../../src/ui/models/models.ts";
import { createRealModelOffer } from "../../../src/ui/models/real-model-offer.ts";
import { createStore } from "../../../src/ui/parts/store.ts";
import { createSettings } from "../../../src/ui/settings/settings.ts";
import { createWatchedVideo } from "../../../src/ui/watch/watched-video.ts";
import { painted, render, rendersOf } from "./render-counter.ts";

const frame = (index: number): FrameRecord => ({
  index,
  timestampSeconds: index / 2,
  thumbnail: null,
  owners: Uint16Array.of(0, 0, 1, 2),
  change: 0,
  distance: 0,
});

/** A session that the test moves on: `show` changes its snapshot, `write` gives the answer's next piece. */
function testSession() {
  const store = createStore<SessionSnapshot>({ ...emptySnapshot, status: "watching" });
  const pieces: AnswerPiece[] = [];
  let wake: () => void = () => undefined;
  const session = Object.assign(store, {
    async *ask() {
      for (;;) {
        const piece = pieces.shift();
        if (piece) yield piece;
        if (piece?.done) return;
        if (!piece)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
    resetConversation: () => undefined,
    useRecogniser: () => undefined,
    close: async () => undefined,
  }) as unknown as Session;
  return {
    session,
    show: (part: Partial<SessionSnapshot>) => store.set({ ...store.snapshot, ...part }),
    write(text: string, done = false) {
      pieces.push({
        text,
        done,
        figures: { ...noFigures, tokens: 1, firstTokenMs: 5, tokensPerSecond: 30, frames: 1 },
      });
      wake();
    },
  };
}

/** The page with a video that is being watched, by a model that does nothing by itself. */
async function openPage() {
  const { session, show, write } = testSession();
  const info = {
    name: "test",
    sees: true,
    license: "",
    parameters: 1,
    bytes: 1,
    quantization: "f16",
    stateBytes: 1,
    notices: [],
  };
  const assistant = {
    model: info,
    adapter: { description: "", software: false, encoder: "webgpu", encoderPrecision: "f16" },
    watch: () => session,
    failed: new Promise(() => undefined),
    close: async () => undefined,
  } as unknown as Assistant;
  const openings: OpenOptions[] = [];
  const slot = createModelSlot((options) => {
    openings.push(options);
    return openings.length === 1 ? Promise.resolve(assistant) : new Promise(() => undefined);
  }, nano);
  const watched = createWatchedVideo(slot);
  const conversation = createConversation(watched.askable);
  const library = {
    inspect: () => new Promise<ModelOffer>(() => undefined),
    inspectSide: () => new Promise<never>(() => undefined),
    list: async () => [],
    capacity: async () => ({ bytes: 0, software: false }),
    remove: async () => undefined,
    keep: async () => undefined,
    usage: () => new Promise<never>(() => undefined),
  };
  const remembered = { read: () => null, write: () => undefined };
  const pending = { read: () => null, write: () => undefined };
  const models = createModels({ library, slot, remembered, pending, persist: async () => undefined });
  const check = createModelCheck(slot, library, { has: () => true, add: () => undefined });
  const offer = createRealModelOffer(slot, library, { refused: () => true, refuse: () => undefined });
  const settings = createSettings(null);
  const listenChoice = createListenChoice();
  const searchModel = createSearchModel(slot, library, remembered);
  const recogniser = createRecogniserModel(library, remembered);
  await render(
    createElement(App, {
      slot,
      watched,
      conversation,
      models,
      settings,
      check,
      offer,
      listenChoice,
      searchModel,
      recogniser,
    }),
  );
  await slot.load();
  watched.choose({
    source: "clip",
    name: "clip",
    questions: ["Why?"],
    urls: ["data:,"],
    live: null,
    own: true,
    release: () => undefined,
  });
  show({ framesWatched: 1, framesPlanned: 1000, frames: [frame(0)] });
  await painted();
  return { slot, conversation, show, write, openings };
}

const times = 20;

test("a token renders its turn, a frame what shows it, a load what tells of it, a letter the box; never the page", async () => {
  const { slot, conversation, show, write, openings } = await openPage();
  void conversation.ask("What?", "memory");
  await painted();
  write("An answer");
  await painted();

  const byToken = await rendersOf(async () => {
    for (let token = 0; token < times; token++) {
      write(" goes on");
      await painted();
    }
  });
  expect(byToken).toEqual({ TurnArticle: times });
  expect(document.querySelector("article .answer")?.textContent).toBe(`An answer${" goes on".repeat(times)}`);

  const frames = [frame(0)];
  const byFrame = await rendersOf(async () => {
    for (let index = 1; index <= times; index++) {
      frames.push(frame(index));
      show({ framesWatched: index + 1, frames: [...frames], watchedUntilSeconds: index, visualTokens: index * 3 });
      await painted();
    }
  });
  // The player, which cannot play this clip, shows the frames instead.
  const shows = ["FrameView", "WatchedBar", "WatchLine", "Watched", "Frames"];
  expect(byFrame).toMatchObject(Object.fromEntries(shows.map((name) => [name, times])));
  // The strip renders once more where it scrolls along.
  const strip = ["Filmstrip", "FramePicture", "TokenOverlay", "Legend", "Icon", "ProgressBar"];
  const others = [...strip, "Slider", "Pictures", "Curve", "ChangeCurve", "Ahead", "TimelineActions"];
  expect(Object.keys(byFrame).filter((name) => ![...shows, ...others].includes(name))).toEqual([]);

  const byLetter = await rendersOf(async () => {
    const box = document.querySelector("textarea");
    for (let letter = 1; letter <= times; letter++) {
      Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(box, "?".repeat(letter));
      box?.dispatchEvent(new Event("input", { bubbles: true }));
      await painted();
    }
  });
  expect(byLetter).toMatchObject({ Composer: times });
  expect(
    Object.keys(byLetter).filter((name) => !["Composer", "ModeSwitch", "DraftNote", "Icon"].includes(name)),
  ).toEqual([]);

  void slot.switchTo({ name: "other", choice: { kind: "stored", key: "k" }, quantization: "int8" });
  await painted();
  const byReport = await rendersOf(async () => {
    for (let part = 1; part <= times; part++) {
      const progress: LoadProgress = { stage: "prepare", loadedBytes: part, totalBytes: times };
      openings[1]?.onProgress?.(progress);
      await painted();
    }
  });
  expect(byReport).toMatchObject({ ModelButton: times });
  expect(Object.keys(byReport).filter((name) => !["ModelButton", "ModelAnnouncer", "Icon"].includes(name))).toEqual([]);

  const byEnd = await rendersOf(async () => write(".", true));
  expect(byEnd).toMatchObject({ TurnArticle: expect.any(Number), Composer: 1, Announcement: 1 });
  expect(byEnd).not.toHaveProperty("App");
});
