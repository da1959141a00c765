import { parseArgs } from "node:util";
import { modelOption } from "./arguments.ts";
import { openHost } from "./host.ts";
import type { DumpCommand } from "./page/dump.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run dump -- --model DIR --image A.png [--image B.png …] --prompt-ids 1,2,3 --out out.safetensors [--encoder auto|webgpu|wasm]";

type DumpArguments = DumpCommand & { readonly images: readonly string[]; readonly out: string };

/** `npm run dump`: writes the intermediate tensors of pictures and a prompt to a safetensors file. */
export async function dump(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { model, images, out, ...command } = parseDump(args);
  const host = await open();
  try {
    await host.download(out, "dump", { ...command, model: host.modelAddress(model) }, images);
    output.print(out);
  } finally {
    await host.close();
  }
}

function parseDump(args: readonly string[]): DumpArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: "public/models/nano" },
      image: { type: "string", multiple: true },
      "prompt-ids": { type: "string", default: "" },
      out: { type: "string" },
      encoder: { type: "string", default: "auto" },
    },
  });
  const { image: images = [], out } = values;
  const encoder = (["auto", "webgpu", "wasm"] as const).find((name) => name === values.encoder);
  if (!out || images.length === 0 || !encoder) throw new ToolError(usage);
  const promptIds = values["prompt-ids"]
    .split(",")
    .filter((text) => text.trim() !== "")
    .map(Number);
  return { model: modelOption(values.model), images, out, encoder, promptIds };
}

void runTool(import.meta, dump);
