import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("the network is asked in one place, which retries and tells of what goes wrong", () => {
  const root = new URL("../../../src/", import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
  const asking = files.filter((path) =>
    /\bfetch\(|XMLHttpRequest|EventSource|sendBeacon/.test(
      readFileSync(new URL(path.replaceAll("\\", "/"), root), "utf8"),
    ),
  );
  expect(asking).toEqual(["bytes/http.ts"]);
});
