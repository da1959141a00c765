import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpoint } from "../src/model/checkpoint.ts";
import type { Quantization } from "../src/model/config.ts";
import { convertCheckpoint } from "../src/model/convert.ts";
import { toFloat32 } from "../src/model/half.ts";
import { openWeightFile } from "../src/model/open-weights.ts";
import { openFolderSink } from "./folder-sink.ts";
import { type Host, openHost } from "./host.ts";
import { openNodeFiles } from "./node-files.ts";
import { type Output, runTool } from "./run-tool.ts";

// Prints how far the forms of the small checkpoints of tests/fixtures/checkpoints are from their references, and how many
// tokens of the references' greedy answers they choose too, each time after the reference's own tokens.

const fixtures = "tests/fixtures/checkpoints";
const names = ["aurora-xtuner", "aurora-authors", "separate-files", "video-rwkv7", "modrwkv", "worldrwkv-first"];
const forms = ["f16", "int8", "int4"] as const;
const vocabulary = "public/tokenizers/rwkv_vocab_v20230424.txt";

type Tensors = ReadonlyMap<string, Float32Array>;

/** `npm run compare-forms [-- NAME|FORM …]`. */
async function compareForms(args: readonly string[], output: Output): Promise<void> {
  const chosen = <T extends string>(all: readonly T[]) => {
    const wanted = all.filter((each) => args.includes(each));
    return wanted.length > 0 ? wanted : all;
  };
  const scratch = mkdtempSync(join(tmpdir(), "aurora-forms-"));
  const host = await openHost();
  output.print("| checkpoint | form | visual tokens | states | logits | greedy |");
  output.print("|---|---|---|---|---|---|");
  try {
    for (const name of chosen(names)) {
      for (const form of chosen(forms)) {
        const model = `${name}-${form}`;
        await convert(name, form, join(scratch, model));
        output.print(`| ${name} | ${form} | ${(await compare(host, scratch, name, model)).join(" | ")} |`);
      }
    }
  } finally {
    await host.close();
    rmSync(scratch, { recursive: true });
  }
}

async function convert(name: string, form: Quantization, out: string): Promise<void> {
  const files = await openNodeFiles([`${fixtures}/${name}/files`]);
  const checkpoint = await openCheckpoint(files, { worldVocabulary: async () => readFileSync(vocabulary) });
  await convertCheckpoint(checkpoint, form, await openFolderSink(out, files.identity));
}

/** Largest errors relative to the largest value, and the share of tokens on which both agree. */
async function compare(host: Host, scratch: string, name: string, model: string): Promise<string[]> {
  const folder = `${fixtures}/${name}/reference`;
  const { prompt_ids: prompt, greedy } = JSON.parse(readFileSync(`${folder}/prompt.json`, "utf8"));
  const reference = await readTensors(`${folder}/tensors.safetensors`);
  const dump = async (promptIds: readonly number[]) => {
    const command = { model: host.modelAddress(join(scratch, model)), encoder: "auto", promptIds } as const;
    const images = [`${folder}/frame-0.png`, `${folder}/frame-1.png`];
    const path = join(scratch, "dump.safetensors");
    await host.download(path, "dump", command, images);
    return readTensors(path);
  };
  const first = await dump(prompt);
  const states = [...reference.keys()].filter((tensor) => tensor.startsWith("state."));
  let agreed = 0;
  for (const [i, token] of greedy.entries()) {
    const { logits } = Object.fromEntries(i === 0 ? first : await dump([...prompt, ...greedy.slice(0, i)]));
    if (logits?.indexOf(Math.max(...logits)) === token) agreed++;
  }
  const errors = [
    relativeError(first, reference, "visual"),
    Math.max(...states.map((state) => relativeError(first, reference, state))),
    relativeError(first, reference, "logits"),
  ];
  return [...errors.map((error) => error.toExponential(1)), `${agreed} of ${greedy.length}`];
}

function relativeError(found: Tensors, expected: Tensors, name: string): number {
  const [values = [], wanted = []] = [found.get(name), expected.get(name)];
  let [worst, largest] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    worst = Math.max(worst, Math.abs(value - (values[i] ?? Number.NaN)));
    largest = Math.max(largest, Math.abs(value));
  }
  return worst / largest;
}

async function readTensors(path: string): Promise<Tensors> {
  const bytes = new Uint8Array(readFileSync(path));
  const source = await openWeightFile({
    name: path,
    byteLength: bytes.byteLength,
    read: async (begin, end) => bytes.subarray(begin, end),
  });
  const tensors = new Map<string, Float32Array>();
  for (const name of source.names) tensors.set(name, toFloat32(await source.read(name)));
  return tensors;
}

void runTool(import.meta, compareForms);
