import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

it("Biome holds the import direction of every folder of src", () => {
  const { overrides } = JSON.parse(read("biome.json")) as { overrides: { includes: string[] }[] };
  const held = overrides.flatMap(({ includes }) => includes);
  const folders = readdirSync(new URL("src/", root), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) expect(held).toContain(`src/${name}/**`);
});

it("Biome refuses circles of imports, those of types included", () => {
  const { linter } = JSON.parse(read("biome.json")) as {
    linter: { rules: { suspicious: { noImportCycles: unknown } } };
  };
  expect(linter.rules.suspicious.noImportCycles).toEqual({ level: "error", options: { ignoreTypes: false } });
});
