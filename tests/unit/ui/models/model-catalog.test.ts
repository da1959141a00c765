import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { presets } from "../../../../src/ui/models/model-catalog.ts";
import { formatBytes, formatParameters } from "../../../../src/ui/parts/format.ts";

const root = new URL("../../../../", import.meta.url);
const fetched = ["config.json", "tokenizer.json", "model.safetensors"].map((name) =>
  readFileSync(new URL(`public/models/nano/${name}`, root)),
);

/** Parameters by the header of a safetensors file: its length, then each tensor's shape as JSON. */
function countParameters(file: Buffer): number {
  const length = Number(file.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(file.toString("utf8", 8, 8 + length));
  const shapes = Object.values(tensors as Record<string, { readonly shape: readonly number[] }>);
  return shapes.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

test("nano is as large as its files say, in the catalogue and in the README", () => {
  const nano = presets.find(({ id }) => id === "nano");
  const parameters = countParameters(fetched[2] as Buffer);
  const bytes = fetched.reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(nano).toMatchObject({ parameters, downloadBytes: bytes });
  const readme = readFileSync(new URL("README.md", root), "utf8");
  expect(readme).toContain(`\`nano\` (${formatParameters(parameters)} parameters, ${formatBytes(bytes)})`);
});
