import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openCheckpoint } from "../src/model/checkpoint.ts";
import type { Quantization } from "../src/model/config.ts";
import { type ConvertReport, convertCheckpoint } from "../src/model/convert.ts";
import { openFolderSink } from "./folder-sink.ts";
import { type NodeFiles, openNodeFiles } from "./node-files.ts";
import { createProgressLine } from "./progress-line.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage = "usage: npm run convert -- <folder or file> [<folder or file> …] --out DIR [--quant f16|int8|int4]";
const vocabulary = resolve(import.meta.dirname, "../public/tokenizers/rwkv_vocab_v20230424.txt");

/** `npm run convert`: converts a checkpoint to a model folder. */
export async function convert(args: readonly string[], output: Output): Promise<void> {
  const { inputs, out, quantization } = parseConvert(args);
  const begin = performance.now();
  const files = await openNodeFiles(inputs);
  const checkpoint = await openCheckpoint(files, { worldVocabulary: () => readFile(vocabulary) });
  const sink = await openFolderSink(out, `${files.identity} ${quantization}`);
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
};

function parseConvert(args: readonly string[]): ConvertArguments {
  const { values, positionals: inputs } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: "string" }, quant: { type: "string", default: "f16" } },
  });
  const quantization = (["f16", "int8", "int4"] as const).find((name) => name === values.quant);
  if (inputs.length === 0 || !values.out || !quantization) throw new ToolError(usage);
  return { inputs, out: values.out, quantization };
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
