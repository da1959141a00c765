import { parseArgs } from "node:util";
import { create, globals } from "webgpu";
import { assert } from "../../src/errors.ts";
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import { chooseVariants } from "../../src/kernels/linear-variants.ts";
import type { Figure } from "../page/bench/measure.ts";
import { benchMerging } from "./merging.ts";
import { benchModel } from "./models.ts";
import { benchProducts, type ProductRow } from "./products.ts";
import { sizesOf } from "./sizes.ts";

/** Held for ever: Dawn crashes when its entry point is collected while devices live. */
let dawn: GPU | undefined;

/**
 * Measures the kernels of the language model and of the merging on this machine's adapter, on Dawn: every variant of every product,
 * whole models, and what the tuner chooses. Progress goes to stderr, tables or JSON to stdout.
 */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      small: { type: "boolean", default: false },
      /** Values alone, no times. */
      check: { type: "boolean", default: false },
      /** Products alone, no models and no merging. */
      products: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      size: { type: "string", default: "" },
    },
  });
  const begin = performance.now();
  const tell = (text: string) =>
    console.error(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  Object.assign(globalThis, globals); // what counts dispatches looks for WebGPU's classes there
  // Software adapters compile the zeroing of workgroup memory, which no kernel counts on, for a minute.
  const features = values.check || values.small ? ["enable-dawn-features=disable_workgroup_init"] : [];
  dawn = create(["disable-dawn-features=timestamp_quantization", ...features]);
  const gpu = await openGpu({ gpu: dawn });
  void gpu.failed.then((error) => tell(`the device failed: ${error.message} ${error.cause}`));
  const sizes = sizesOf(values.small || gpu.adapter.software).filter(({ name }) => name.includes(values.size));
  const rows: ProductRow[] = [];
  const figures: Figure[] = [];
  const finish = (): never => {
    const wrong = rows.filter(({ error, bound }) => !(error <= bound));
    tell(`done; ${rows.length} rows, ${wrong.length} with wrong values`);
    if (values.json) console.log(JSON.stringify({ adapter: describe(gpu), figures, products: rows }, null, 1));
    else print(gpu, figures, rows);
    for (const row of wrong) console.error(`wrong: ${JSON.stringify(row)}`);
    process.exit(wrong.length > 0 ? 1 : 0);
  };
  process.once("SIGTERM", finish); // out of time: what there is
  const onlyProducts = values.check || values.products;
  if (!onlyProducts) figures.push(...(await benchMerging(gpu)));
  for (const size of onlyProducts ? [] : sizes) {
    for (const format of ["f16", "int8", "int4"] as const) {
      tell(`${size.name}, the whole model in ${format}`);
      figures.push(...(await benchModel(gpu, size, format)));
      chooseVariants(gpu, null);
    }
  }
  for (const size of sizes) await benchProducts(gpu, size, { only: values.only, timing: !values.check }, rows, tell);
  const { buffers, bytes } = gpu.ledger;
  assert(buffers === 0, `${buffers} buffers of ${bytes} bytes were left on the GPU`);
  finish();
}

function describe(gpu: Gpu) {
  const { vendor, architecture, description } = gpu.adapter;
  const features = [...gpu.device.features].sort();
  return { vendor, architecture, description, subgroupSize: gpu.subgroupSize, packedDot: gpu.packedDot, features };
}

function print(gpu: Gpu, figures: readonly Figure[], products: readonly ProductRow[]): void {
  const { vendor, architecture, description, subgroupSize, packedDot, features } = describe(gpu);
  console.log(`${vendor} ${architecture}, ${description}; subgroups of ${subgroupSize}; packed dot ${packedDot}\n`);
  console.log(`${features.join(", ")}\n`);
  printTable(
    ["id", "value", "unit", "note"],
    figures.map(({ id, value, unit, note }) => [id, format(value), unit, note]),
  );
  console.log("");
  printTable(
    ["size", "product", "format", "rows", "variant", "ms", "rate", "error"],
    products.map(({ size, product, shape, format: stored, rows, variant, ms, rate, unit, error, bound }) => [
      size,
      `${product} ${shape}`,
      stored,
      String(rows),
      variant,
      ms === null ? "" : format(ms),
      `${format(rate)} ${unit}`,
      `${error.toExponential(1)}${error <= bound ? "" : " wrong"}`,
    ]),
  );
}

function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const row of [header, header.map(() => "---"), ...rows]) console.log(`| ${row.join(" | ")} |`);
}

function format(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
