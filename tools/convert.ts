import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openCheckpoint } from "../src/model/checkpoint.ts";
import { type ConvertReport, convertCheckpoint } from "../src/model/convert.ts";
import { openFolderSink } from "./folder-sink.ts";
import { type NodeFiles, openNodeFiles } from "./node-files.ts";
import { createProgressLine } from "./progress-line.ts";
import { runTool, ToolError } from "./run-tool.ts";

const usage = "usage: npm run convert -- <folder or file> [<folder or file> …] --out DIR [--quant f16|int8|int4]";
const vocabulary = resolve(import.meta.dirname, "../public/tokenizers/rwkv_vocab_v20230424.txt");

void runTool(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: "string" }, quant: { type: "string", default: "f16" } },
  });
  const quantization = (["f16", "int8", "int4"] as const).find((name) => name === values.quant);
  if (positionals.length === 0 || !values.out || !quantization) throw new ToolError(usage);
  const begin = performance.now();
  const files = await openNodeFiles(positionals);
  const checkpoint = await openCheckpoint(files, { worldVocabulary: () => readFile(vocabulary) });
  const sink = await openFolderSink(values.out, `${files.identity} ${quantization}`);
  const progress = createProgressLine();
  try {
    const report = await convertCheckpoint(checkpoint, quantization, sink, {
      onProgress: (done, total) => progress.show(describeProgress(done, total)),
      have: sink.have,
    });
    progress.clear();
    console.log(`${checkpoint.layout}, as ${quantization} in ${values.out}`);
    console.log(describe(files, report, (performance.now() - begin) / 1000));
    for (const notice of [`Licence: ${checkpoint.license}`, ...report.notices]) console.log(notice);
  } finally {
    progress.clear();
  }
});

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
