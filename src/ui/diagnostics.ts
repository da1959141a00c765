import type { Assistant, ModelInfo, Session } from "../session/types.ts";
import type { ModelState } from "./models/model-slot.ts";
import { formatBytes, formatCount, formatDuration } from "./parts/format.ts";

/** One heading of the diagnostics with its named facts. */
export type FactGroup = { readonly title: string; readonly facts: readonly (readonly [name: string, value: string])[] };

export type GpuUsage = Awaited<ReturnType<Assistant["gpuUsage"]>>;

/** All that a bug report wants to know; `usage` is null while it was not measured. */
export function listFacts(model: ModelState, session: Session | null, usage: GpuUsage | null): FactGroup[] {
  const groups =
    model.status === "ready" ? [modelFacts(model.assistant), gpuFacts(model.assistant, usage)] : [stateFacts(model)];
  if (session) groups.push(sessionFacts(session));
  groups.push({ title: "Browser", facts: [["User agent", navigator.userAgent]] });
  return groups;
}

/** The groups as plain text, one fact a line. */
export function factsAsText(groups: readonly FactGroup[]): string {
  return groups
    .map(({ title, facts }) => [title, ...facts.map(([name, value]) => `  ${name}: ${value}`)].join("\n"))
    .join("\n");
}

function modelFacts({ model }: Assistant): FactGroup {
  const kept = Object.entries(model.assumptions).flatMap(([section, fields]) =>
    Object.entries(fields).map(([field, value]) => `${section}.${field} ${JSON.stringify(value)}`),
  );
  return {
    title: "Model",
    facts: [
      ["Name", model.name],
      ["Licence", model.license],
      ["Parameters", formatCount(model.parameters)],
      ["Size", `${formatBytes(model.bytes)} (${formatCount(model.bytes)} bytes)`],
      ...pictureFacts(model),
      ["Memory", `${formatBytes(model.stateBytes)} (${formatCount(model.stateBytes)} bytes), constant`],
      ["Sampling", `${model.fps} frames a second`],
      ...(kept.length > 0 ? [["Settings kept after a check", kept.join("; ")] as const] : []),
    ],
  };
}

function pictureFacts({ sees, imageSize, patchSize, tokensPerFrame, patchesPerFrame }: ModelInfo): FactGroup["facts"] {
  if (!sees) return [["Picture", "none: it is for text only"]];
  return [
    ["Picture", `${imageSize} × ${imageSize} pixels, patches of ${patchSize}`],
    ["Tokens per frame", `${tokensPerFrame}, merged from ${patchesPerFrame} patches`],
  ];
}

function gpuFacts({ adapter }: Assistant, usage: GpuUsage | null): FactGroup {
  return {
    title: "GPU",
    facts: [
      ["Adapter", adapter.software ? `${adapter.description} (software)` : adapter.description],
      [
        "Encoder runs on",
        `${adapter.encoder === "wasm" ? "WebAssembly (CPU)" : "WebGPU"}, in ${adapter.encoderPrecision}`,
      ],
      ["Products of matrices", adapter.kernels],
      [
        "Buffers",
        usage ? `${formatCount(usage.buffers)}, ${formatBytes(usage.bytes)} (${formatCount(usage.bytes)} bytes)` : "…",
      ],
      ["Open video frames", usage ? formatCount(usage.openVideoFrames) : "…"],
    ],
  };
}

function stateFacts(model: Exclude<ModelState, { status: "ready" }>): FactGroup {
  const facts: [string, string][] = [
    ["State", model.status === "loading" ? "loading" : model.lost ? "lost" : "failed"],
  ];
  if (model.status === "failed") {
    facts.push(["Error", `${model.error.code}: ${model.error.message}`], ["Cause", model.error.cause ?? "unknown"]);
  }
  return { title: "Model", facts };
}

function sessionFacts({ snapshot }: Session): FactGroup {
  const {
    video,
    status,
    framesWatched,
    framesPlanned,
    framesPerSecond,
    watchMs,
    gpuBytes,
    kept,
    keyStates,
    notices,
    error,
  } = snapshot;
  const facts: [string, string][] = [
    ["State", status],
    ["Frames", `${formatCount(framesWatched)} of ${framesPlanned === null ? "?" : formatCount(framesPlanned)}`],
    ["Frames dropped", formatCount(snapshot.framesDropped)],
    ["Speed", `${framesPerSecond.toFixed(2)} frames/s, ${formatDuration(watchMs / 1000)} so far`],
    ["Visual tokens", formatCount(snapshot.visualTokens)],
    [
      "Kept for looking again",
      `${formatCount(kept.frames)} frames, ${formatBytes(kept.bytes)} of ${formatBytes(kept.budgetBytes)}`,
    ],
    ["Key states", `${formatCount(keyStates.count)}, ${formatBytes(keyStates.bytes)}`],
    ["GPU memory", formatBytes(gpuBytes)],
  ];
  // Not the file's name: reports are public.
  if (video) {
    const { container, codec, width, height, durationSeconds } = video;
    facts.unshift(["Video", `${container}, ${codec}, ${width} × ${height}, ${durationSeconds.toFixed(2)} s`]);
  }
  for (const notice of notices)
    facts.push(["Notice", `${notice.code}: ${notice.message} (${notice.cause ?? "no cause"})`]);
  if (error) facts.push(["Error", `${error.code}: ${error.message} (${error.cause ?? "no cause"})`]);
  return { title: "Video", facts };
}
