import { afterAll, beforeAll, expect, it } from "vitest";
import { openAssistant } from "../../../src/session/page/client.ts";
import type { Assistant, Moment, Session } from "../../../src/session/types.ts";
import { hub, library, offer, takeRequests } from "../hub.ts";
import { ended, until } from "./session.ts";

/** What PyTorch makes of the same pictures and texts. */
type Reference = {
  readonly texts: readonly string[];
  readonly scores: readonly (readonly number[])[];
  readonly cosines: readonly (readonly number[])[];
  readonly alike: readonly number[];
};

const folder = "/tests/fixtures/search/";
const pictures = 200;

let assistant: Assistant;
let session: Session;
beforeAll(async () => {
  assistant = await openAssistant({ model: "/tests/fixtures/models/goose/" });
  await library.remove();
});
afterAll(() => assistant.close());

async function reference(name: string): Promise<Reference> {
  return (await fetch(`${folder}${name}/reference.json`)).json();
}

/** Scores equal PyTorch's, and the order is the same but where it has two moments all but equal. */
function expectOrder(moments: readonly Moment[], scores: readonly number[], cosines: readonly number[]) {
  expect(moments.length).toBeGreaterThan(0);
  for (const { seconds, score } of moments) expect(Math.abs(score - (scores[seconds] ?? 0))).toBeLessThan(1e-3);
  const order = moments.map(({ seconds }) => cosines[seconds] ?? 0);
  for (const [i, cosine] of order.entries()) expect(cosine).toBeLessThan((order[i - 1] ?? 2) + 2e-5);
}

it("without a search model nothing seen is found, and nothing is asked for", async () => {
  session = assistant.watch("/tests/fixtures/search/moments.png", { fps: 1 });
  expect(await session.find("a red square")).toEqual([]);
  expect(await session.findAlike(3)).toEqual([]);
  await expect(session.find("x", { most: 0 })).rejects.toMatchObject({ code: "BadRequest" });
});

it("scores equal PyTorch's and the ranking of 200 moments is the same: SigLIP, opened while it is watched", async () => {
  const info = await assistant.openSearch(`${folder}siglip/`);
  expect(info).toMatchObject({ width: 48, ownPass: true, storedKey: null });
  await ended(session);
  await until(session, ({ seen }) => seen.frames === pictures);
  const { texts, scores, cosines, alike } = await reference("siglip");
  for (const [i, text] of texts.entries())
    expectOrder(await session.find(text, { in: ["seen"] }), scores[i] ?? [], cosines[i] ?? []);
  expect(await session.find("red", { in: ["seen"] })).toHaveLength(pictures);
  const [best] = await session.find(texts[0] ?? "", { in: ["seen"], most: 1 });
  expect(best).toMatchObject({ kind: "seen", text: "" });
  expect(best?.thumbnail?.size).toBeGreaterThan(100);
  const like = await session.findAlike(0.2);
  expect(like[0]).toMatchObject({ seconds: 0 });
  for (const { seconds, score } of like) expect(Math.abs(score - Math.max(0, alike[seconds] ?? 0))).toBeLessThan(1e-3);
});

it("and SigLIP2 of the hub, kept, once all was watched: the frames are decoded again", async () => {
  await offer("someone/siglip2", "tests/fixtures/search/siglip2");
  const choice = { kind: "hub", hub, id: "someone/siglip2" } as const;
  const offered = await library.inspectSide("search", choice);
  expect(offered).toMatchObject({ name: "someone/siglip2", license: "mit", stored: null });
  expect(offered.files.map(({ path }) => path)).not.toContain("reference.json");
  expect(offered.downloadBytes).toBe(offered.byteLength);
  const stages = new Set<string>();
  const info = await assistant.openSearch(choice, { onProgress: ({ stage }) => stages.add(stage) });
  expect([...stages]).toEqual(["download", "prepare"]);
  expect(session.snapshot.seen.frames).toBe(0);
  await until(session, ({ seen }) => seen.frames === pictures);
  const { texts, scores, cosines } = await reference("siglip2");
  for (const [i, text] of texts.entries())
    expectOrder(await session.find(text, { in: ["seen"] }), scores[i] ?? [], cosines[i] ?? []);

  const [stored] = await library.list();
  expect(stored).toMatchObject({ purpose: "search", key: info.storedKey, byteLength: offered.byteLength });
  expect(await library.inspectSide("search", choice)).toMatchObject({
    downloadBytes: 0,
    stored: { key: info.storedKey },
  });
  await takeRequests();
  await assistant.openSearch({ kind: "stored", key: info.storedKey ?? "" });
  expect(await takeRequests()).toEqual([]);
  assistant.closeSearch();
  expect(await session.find("red")).toEqual([]);
  await library.remove(info.storedKey ?? "");
  expect(await library.list()).toEqual([]);
});

it("what is no SigLIP is refused by a sentence, and what was open stays", async () => {
  await assistant.openSearch(`${folder}siglip/`);
  const wrong = assistant.openSearch("/models/nano/");
  await expect(wrong).rejects.toMatchObject({ code: "ModelUnsupported", message: /no SigLIP/ });
  await until(session, ({ seen }) => seen.frames === pictures);
  expect(await session.find("red", { most: 3 })).toHaveLength(3);
  const stopped = assistant.openSearch(`${folder}siglip2/`, { signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: "Aborted" });
  const before = await assistant.gpuUsage();
  await session.close();
  expect((await assistant.gpuUsage()).openVideoFrames).toBe(0);
  assistant.closeSearch();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await assistant.gpuUsage()).buffers).toBeLessThan(before.buffers);
});

it("where the assistant's own encoder is the search model's, its pass makes the vectors", async () => {
  await offer("someone/modrwkv", "tests/fixtures/checkpoints/modrwkv/files");
  const own = await openAssistant({ model: { kind: "hub", hub, id: "someone/modrwkv" } });
  expect(await own.openSearch(`${folder}siglip/`)).toMatchObject({ ownPass: true });
  expect(await own.openSearch(`${folder}frozen/`)).toMatchObject({ ownPass: false, width: 64 });
  const watched = own.watch("/tests/fixtures/search/moments.png", { fps: 0.1 });
  await ended(watched);
  const { texts, scores, cosines } = await reference("frozen");
  await until(watched, ({ seen }) => seen.frames === 20);
  for (const again of [false, true]) {
    if (again) {
      await own.openSearch(`${folder}frozen/`);
      await until(watched, ({ seen }) => seen.frames === 20);
    }
    for (const [i, text] of texts.entries())
      expectOrder(await watched.find(text, { in: ["seen"] }), scores[i] ?? [], cosines[i] ?? []);
  }
  await own.close();
  await library.remove();
});
