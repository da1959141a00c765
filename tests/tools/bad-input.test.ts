import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "../../tools/host.ts";
import { damagePacket } from "../damaged-video.ts";
import { questionOf, reference } from "../sample-answers.ts";
import { openTestHost } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const media = (name: string) => `tests/fixtures/media/${name}`;

/** A new file in the scratch folder. */
function file(name: string, content: Uint8Array | string): string {
  writeFileSync(scratch(name), content);
  return scratch(name);
}

const moovLast = readFileSync(media("h264-index-last.mp4"));
const refused: readonly [what: string, path: string, error: RegExp][] = [
  ["an empty file", file("empty.mp4", ""), /^VideoUnreadable: .*empty, not a video/],
  ["a text file", file("text.mp4", "Once upon a time.\n".repeat(400)), /^VideoUnreadable: .*not a video/],
  ["an MP4 without its index", file("cut.mp4", moovLast.subarray(0, 4000)), /^VideoUnreadable: .*index is missing/],
  ["sound only", media("sound-only.m4a"), /^NoVideoTrack: /],
  ["a codec that cannot be decoded", media("mpeg4-part-2.mp4"), /^CodecUnsupported: .*MPEG-4 part 2/],
  ["a container that cannot be read", media("mpeg4-part-2.avi"), /^VideoUnreadable: .*AVI/],
  ["a file that is not there", scratch("none.mp4"), /^VideoUnreadable: There is no file/],
];

const question = questionOf("sequence.mp4", "order");
const asked = { fps: null, encoder: "auto", questions: [question], from: "memory", at: null } as const;

/** One browser for all. */
let host: Host;
beforeAll(async () => {
  host = await openTestHost();
});
afterAll(() => host.close());

/** What `npm run ask` does after it has read its arguments. */
function ask(path: string, model = "public/models/nano") {
  return host.run("ask", { model: host.modelAddress(model), url: null, ...asked }, [path]);
}

/** Expects a run to fail with one line. */
async function expectRefusal(run: Promise<unknown>, error: RegExp): Promise<void> {
  const message = await run.then(
    () => "nothing was wrong",
    (thrown: Error) => thrown.message,
  );
  expect(message).toMatch(error);
  expect(message).not.toContain("\n");
}

test.each(refused)("%s is refused in one line", async (_what, path, error) => {
  await expectRefusal(ask(path), error);
});

test("a damaged middle is skipped, and said", async () => {
  const damaged = await damagePacket(readFileSync(media("h264-index-first.mp4")), 10);
  const result = await ask(file("damaged.mp4", damaged));
  expect(result.notices).toEqual([expect.stringMatching(/^VideoUnreadable: The video is damaged from 1\.0 s/)]);
  expect(result.frames).toBe(4);
  expect(result.answers[0]?.answer).toMatch(/\w+\.$/);
});

/** Copies of the embedded model that tell no checksums, as a person's own folder, with something wrong, and what is said about each. */
const weights = readFileSync("public/models/nano/model.safetensors");
const damagedModels: readonly [what: string, damage: (folder: string) => void, error: RegExp][] = [
  ["a missing tensor", (folder) => rewrite(folder, '"head.weight"', '"heat.weight"'), /^ModelCorrupt: .*head\.weight/],
  [
    "a tensor of a wrong shape",
    (folder) => rewrite(folder, "[1222,192]", "[192,1222]"),
    /^ModelCorrupt: .*\[192, 1222\]/,
  ],
  ["weights cut off", (folder) => truncateSync(`${folder}/model.safetensors`, weights.length / 2), /^ModelCorrupt: /],
  ["weights that are empty", (folder) => truncateSync(`${folder}/model.safetensors`, 0), /^ModelCorrupt: /],
  ["a configuration cut off", (folder) => truncateSync(`${folder}/config.json`, 100), /^ModelCorrupt: .*config\.json/],
  ["no configuration", (folder) => rmSync(`${folder}/config.json`), /^ModelNotFound: /],
];

function rewrite(folder: string, from: string, to: string): void {
  const bytes = readFileSync(`${folder}/model.safetensors`);
  const at = bytes.indexOf(from);
  if (at < 0) throw new Error(`${from} is not in the weights' header`);
  bytes.write(to, at);
  writeFileSync(`${folder}/model.safetensors`, bytes);
}

test.each(damagedModels)("a model with %s is refused in one line", async (what, damage, error) => {
  const model = what.replaceAll(" ", "-");
  cpSync("public/models/nano", scratch(model), { recursive: true });
  const config = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));
  writeFileSync(scratch(`${model}/config.json`), JSON.stringify({ ...config, sha256: undefined }));
  damage(scratch(model));
  await expectRefusal(ask("public/samples/counting.mp4", scratch(model)), error);
});

test("a model with other weights than its checksums tell is refused in one line", async () => {
  cpSync("public/models/nano", scratch("other"), { recursive: true });
  rewrite(scratch("other"), '"head.weight"', '"heat.weight"');
  await expectRefusal(
    ask("public/samples/counting.mp4", scratch("other")),
    /^DownloadFailed: .*a wrong model\.safetensors/,
  );
});

test("and a good model answers after all these", async () => {
  const result = await ask("public/samples/sequence.mp4");
  expect(result.answers[0]?.answer).toBe(reference("sequence.mp4", question));
});
