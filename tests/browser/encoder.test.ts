import { afterAll, describe, expect, it } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { type EncoderFixture, expectParity, modelFixture } from "../encoder-parity.ts";

const gpu = await openGpu();
afterAll(() => gpu.destroy());

const configs = Object.keys(import.meta.glob("../fixtures/models/*/config.json", { query: "?url" }));
const models = configs.map((path) => path.split("/").at(-2) as string);

const cases: [name: string, EncoderFixture][] = [
  ...models.map((name): [string, EncoderFixture] => [name, modelFixture(name)]),
  ["nano: counting", { folder: "/models/nano/", reference: "/tests/fixtures/encoder/nano-counting.safetensors" }],
  ["nano: appearing", { folder: "/models/nano/", reference: "/tests/fixtures/encoder/nano-appearing.safetensors" }],
];

/** Models that between them have every option of the encoder; f16 is held to them alone. */
const inHalf = ["all-bytes", "enlarged", "goose-odd", "last-descending", "odd-widths", "released-quirks"];
const halfCases = cases.filter(([name]) => inHalf.includes(name) || name === "nano: counting");

it("finds the parity models", () => {
  expect(models.length).toBeGreaterThanOrEqual(9);
  expect(models).toEqual(expect.arrayContaining(inHalf));
});

describe.each([
  ["wasm", "f32", cases, 2e-5],
  ["webgpu", "f32", cases, 2e-5],
  // Rounded to f16 and computed in f32, as processors do. What a GPU computes in f16 is held to PyTorch in Firefox.
  ["wasm", "f16", halfCases, 2e-3],
] as const)("on %s in %s", (backend, precision, some, bound) => {
  it.each(some)("encodes as PyTorch does: %s", (_name, fixture) =>
    expectParity(gpu, fixture, { backend, precision, bound }),
  );
});
