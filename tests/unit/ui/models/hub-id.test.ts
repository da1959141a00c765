import { expect, test } from "vitest";
import { formatHubId, parseHubId } from "../../../../src/ui/models/hub-id.ts";

test("ids, revisions and addresses of pages name a repository", () => {
  const plain = { kind: "hub", id: "WorldRWKV/ModRWKV-0.4" };
  expect(parseHubId(" WorldRWKV/ModRWKV-0.4 ")).toEqual(plain);
  expect(parseHubId("hub:WorldRWKV/ModRWKV-0.4")).toEqual(plain);
  expect(parseHubId("https://huggingface.co/WorldRWKV/ModRWKV-0.4")).toEqual(plain);
  expect(parseHubId("huggingface.co/WorldRWKV/ModRWKV-0.4/?library=x#files")).toEqual(plain);
  expect(parseHubId("https://hf.co/WorldRWKV/ModRWKV-0.4/discussions")).toEqual(plain);
  expect(parseHubId("https://huggingface.co/WorldRWKV/ModRWKV-0.4/tree/v1.0")).toEqual({ ...plain, revision: "v1.0" });
  expect(parseHubId("https://huggingface.co/WorldRWKV/ModRWKV-0.4/blob/main/config.json")).toEqual({
    ...plain,
    revision: "main",
  });
  expect(parseHubId("WorldRWKV/ModRWKV-0.4@refs/pr/1")).toEqual({ ...plain, revision: "refs/pr/1" });
});

test("the address of a file of weights names that file, with its branch", () => {
  for (const page of ["blob", "resolve"]) {
    const text = `https://huggingface.co/BlinkDL/rwkv/${page}/v1.0/deep/rwkv-0.pth`;
    const id = `BlinkDL/rwkv/${page}/v1.0/deep/rwkv-0.pth`;
    const choice = parseHubId(`${text}?download=true`);
    expect(choice).toEqual({ kind: "hub", id, revision: "v1.0" });
    expect(choice && formatHubId(choice)).toBe(text);
  }
});

test("addresses of datasets and spaces are left to the library, which says what they are", () => {
  for (const kind of ["datasets", "spaces"]) {
    const choice = parseHubId(`https://huggingface.co/${kind}/someone/thing/tree/main`);
    expect(choice).toEqual({ kind: "hub", id: `${kind}/someone/thing` });
  }
});

test("anything else is refused", () => {
  const wrong = [
    "",
    "name",
    "a/b/c",
    "../b",
    "a/..",
    "a b/c",
    "owner/name@",
    "owner/name@../x",
    "https://example.org/a/b",
  ];
  expect(wrong.map(parseHubId)).toEqual(wrong.map(() => null));
});

test("an id is written as it is read", () => {
  for (const text of ["owner/name", "owner/name@main"]) {
    const choice = parseHubId(text);
    expect(choice && formatHubId(choice)).toBe(text);
  }
});
