import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openCheckpoint } from "../src/model/checkpoint.ts";
import type { Checkpoint } from "../src/model/checkpoint-type.ts";
import type { Quantization } from "../src/model/config.ts";
import { type ConvertReport, convertCheckpoint } from "../src/model/convert.ts";
import { openFolderSink } from "./folder-sink.ts";
import { type NodeFiles, openNodeFiles } from "./node-files.ts";
import { createProgressLine } from "./progress-line.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run convert -- <folder or file> [<folder or file> …] --out DIR [--quant f16|int8|int4] [--fit stretch|crop|letterbox]";
const vocabulary = resolve(import.meta.dirname, "../public/tokenizers/rwkv_vocab_v20230424.txt");

/** `npm run convert`: converts a checkpoint to a model folder. */
export async function convert(args: readonly string[], output: Output): Promise<void> {
  const { inputs, out, quantization, fit } = parseConvert(args);
  const begin = performance.now();
  const files = await openNodeFiles(inputs);
  const found = await openCheckpoint(files, { worldVocabulary: () => readFile(vocabulary) });
  const checkpoint = fit === null ? found : withFit(found, fit);
  const sink = await openFolderSink(out, [files.identity, quantization, ...(fit === null ? [] : [fit])].join(" "));
  const progress = createProgressLine();
  try {
    const report = await convertCheckpoint(checkpoint, quantization, sink, {
      onProgress: (done, total) => progress.show(describeProgress(done, total)),
      have: sink.have,
    });
    progress.clear();
    output.print(`${checkpoint.layout}, as ${quantization} in ${out}`);
    output.print(describe(files, report, (performance.now() - begin) / 1000));
    for (const notice of [`Licence: ${checkpoint.license}`, ...report.notices]) output.print(notice);
  } finally {
    progress.clear();
  }
}

type ConvertArguments = {
  readonly inputs: readonly string[];
  readonly out: string;
  readonly quantization: Quantization;
  /** How pictures are made square; null for as the checkpoint says. */
  readonly fit: Fit | null;
};

const fits = ["stretch", "crop", "letterbox"] as const;
type Fit = (typeof fits)[number];

/** A checkpoint whose pictures are made square in another way than it says, for one that does not say it rightly. */
function withFit(checkpoint: Checkpoint, fit: Fit): Checkpoint {
  if (checkpoint.config.sees === false) throw new ToolError("This model is for text only: --fit is for one that sees.");
  const { resize_edge: edge, ...vision } = checkpoint.config.vision_config as Record<string, unknown>;
  // Released models cut after resizing, which our own folders without this field do not.
  const cut = fit === "crop" ? { resize_edge: edge ?? vision.image_size } : {};
  return { ...checkpoint, config: { ...checkpoint.config, vision_config: { ...vision, fit, ...cut } } };
}

function parseConvert(args: readonly string[]): ConvertArguments {
  const { values, positionals: inputs } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: "string" }, quant: { type: "string", default: "f16" }, fit: { type: "string" } },
  });
  const quantization = (["f16", "int8", "int4"] as const).find((name) => name === values.quant);
  const fit = fits.find((name) => name === values.fit) ?? null;
  const isKnown = values.fit === undefined || fit !== null;
  if (inputs.length === 0 || !values.out || !quantization || !isKnown) throw new ToolError(usage);
  return { inputs, out: values.out, quantization, fit };
}

function describe({ files }: NodeFiles, report: ConvertReport, seconds: number): string {
  const before = files.reduce((sum, { byteLength }) => sum + (byteLength ?? 0), 0);
  const peak = process.resourceUsage().maxRSS * 1024;
  return [
    `${files.length} files of ${megabytes(before)} became ${report.files.size} of ${megabytes(report.byteLength)}`,
    `in ${seconds.toFixed(1)} s, at most ${megabytes(peak)} of memory.`,
  ].join(" ");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function describeProgress(done: number, total: number): string {
  return `${total > 0 ? Math.floor((100 * done) / total) : 100} % of ${megabytes(total)}`;
}

void runTool(import.meta, convert);
