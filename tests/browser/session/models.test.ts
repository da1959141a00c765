import { beforeEach, expect, it } from "vitest";
import type { AuroraError } from "../../../src/errors.ts";
import type { LoadProgress, ModelChoice } from "../../../src/library/types.ts";
import { openEngine } from "../../../src/session/engine.ts";
import { openAssistant } from "../../../src/session/page/client.ts";
import { hub, library, offer, takeRequests } from "../hub.ts";
import { ask, collect, ended, questionOf, reference, sample } from "./session.ts";

const nano: ModelChoice = { kind: "hub", hub, id: "someone/nano" };
const question = questionOf("one-object.mp4", "caption");

beforeEach(async () => {
  await library.remove();
  await offer("someone/nano", "public/models/nano");
  await offer("someone/aurora", "tests/fixtures/checkpoints/aurora-xtuner/files");
});

it("a model from the hub answers, and once more from the store without the hub", async () => {
  const progress: LoadProgress[] = [];
  const first = await openAssistant({ model: nano, onProgress: (now) => progress.push(now) });
  expect([...new Set(progress.map(({ stage }) => stage))]).toEqual(["gpu", "download", "prepare"]);
  expect(progress.at(-1)).toMatchObject({ stage: "prepare", loadedBytes: first.model.bytes });
  expect(first.model).toMatchObject({ name: "nano-v6", quantization: "f16", notices: [] });
  first.close();
  const [stored] = await library.list();
  expect(stored?.byteLength).toBe(first.model.bytes);

  await takeRequests();
  const second = await openAssistant({ model: { kind: "stored", key: stored?.key ?? "" } });
  expect(second.model).toEqual(first.model);
  const session = second.watch(sample("one-object.mp4"));
  await ended(session);
  expect(await ask(session, question)).toBe(reference("one-object.mp4", question));
  expect(await takeRequests()).toEqual([]);
  second.close();
});

it("a checkpoint of another layout opens, converted in the browser", async () => {
  const model: ModelChoice = { kind: "hub", hub, id: "someone/aurora" };
  const assistant = await openAssistant({ model, quantization: "int4" });
  expect(assistant.model).toMatchObject({ quantization: "int4", license: "mit" });
  const session = assistant.watch(sample("one-object.mp4"), { frames: 1 });
  expect(await ended(session)).toMatchObject({ status: "done", framesWatched: 1 });
  const pieces = await collect(session.ask(question, { maxTokens: 3 }));
  expect(pieces.at(-1)).toMatchObject({ done: true, figures: { tokens: 3 } });
  // Its weights are random.
  const report = await assistant.probe();
  expect(report).toMatchObject({ verdict: "does-not-read", settings: [], pictures: null });
  expect(report.sentence).toMatch(/does not read text/);
  await expect(assistant.probe({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "Aborted" });
  await assistant.close();
});

it("switching models ten times leaves nothing on the GPU", async () => {
  const folders = ["/tests/fixtures/models/clipped/", "/tests/fixtures/models/goose/"];
  const usages = new Map<string, unknown>();
  for (let round = 0; round < 10; round++) {
    const folder = folders[round % 2] as string;
    const engine = await openEngine({ model: folder });
    const { buffers, bytes } = engine.gpu.ledger;
    expect(buffers).toBeGreaterThan(0);
    const usage = usages.get(folder) ?? { buffers, bytes };
    usages.set(folder, usage);
    expect({ buffers, bytes }).toEqual(usage);
    // What is not given back by name would go with the device, and be lost on a device that is shared.
    const { destroy } = engine.gpu.device;
    let left: unknown = null;
    engine.gpu.device.destroy = () => {
      left = { ...engine.gpu.ledger };
      destroy.call(engine.gpu.device);
    };
    await engine.destroy();
    expect(left).toEqual({ buffers: 0, bytes: 0 });
  }
});

it("a model that the graphics memory cannot hold is refused with what needs less", async () => {
  const { requestDevice } = GPUAdapter.prototype;
  const devices: GPUDevice[] = [];
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    devices.push(device);
    return device;
  };
  const onProgress = ({ stage }: LoadProgress) => {
    if (stage !== "prepare") return;
    const error = new GPUOutOfMemoryError("full");
    devices[0]?.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
  };
  try {
    const error = await openEngine({ model: "/models/nano/", onProgress }).catch((error: AuroraError) => error);
    expect(error).toMatchObject({
      code: "OutOfMemory",
      message: expect.stringMatching(
        /too little graphics memory for nano-v6 as f16\. Load it as int8, which needs less/,
      ),
    });
  } finally {
    GPUAdapter.prototype.requestDevice = requestDevice;
  }
});
