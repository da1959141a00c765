import { parseArgs } from "node:util";
import { modelAddress, openHost } from "./host.ts";
import { runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run dump -- --model DIR --image A.png [--image B.png …] --prompt-ids 1,2,3 --out out.safetensors [--encoder auto|webgpu|wasm]";

void runTool(async () => {
  const { values } = parseArgs({
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
  const host = await openHost(values.model);
  try {
    const [download] = await Promise.all([
      host.page.waitForEvent("download", { timeout: 0 }).catch(() => null),
      host.run("dump", { model: modelAddress(values.model), encoder, promptIds }, images).catch(async (error) => {
        await host.close(); // ends the wait for the download
        throw error;
      }),
    ]);
    await download?.saveAs(out);
    console.log(out);
  } finally {
    await host.close();
  }
});
