import type { Host, openHost } from "../host.ts";
import type { From } from "../page/eval.ts";
import { ToolError } from "../run-tool.ts";
import type { VideoFinder } from "./find-video.ts";
import type { ResultFile } from "./results.ts";
import type { Item, Task } from "./task.ts";

/** What a run needs to ask the questions that have no answer yet. */
export type Run = {
  readonly task: Task;
  readonly items: readonly Item[];
  readonly model: string;
  readonly from: From;
  readonly encoder: "auto" | "webgpu" | "wasm";
  readonly sampling: Task["sampling"];
  readonly find: VideoFinder;
  readonly file: ResultFile;
  readonly open: typeof openHost;
  /** Gets a line after each video. */
  readonly report: (text: string) => void;
  readonly warn: (text: string) => void;
};

/**
 * Watches each video once and asks all questions about it that have no answer, in the order of their first question. A video that
 * cannot be watched, or a browser that breaks down over it, costs that video's questions, each of which gets a line with the error.
 */
export async function runBenchmark(run: Run): Promise<void> {
  const left = run.items.filter(({ id }) => run.file.results.get(id)?.answer === undefined);
  const videos = byVideo(left);
  const begun = performance.now();
  let host: Host | null = null;
  try {
    for (const [done, [video, items]] of videos.entries()) {
      const path = run.find(video);
      if (path === null) fail(run, items, `There is no video ${video} below the folder of videos.`);
      else {
        host ??= await run.open();
        const healthy = await askAbout(run, host, path, items);
        if (!healthy) {
          await host.close().catch(() => undefined);
          host = null;
        }
      }
      run.report(progress(done + 1, videos.length, performance.now() - begun));
    }
  } finally {
    await host?.close();
  }
}

/** Items by their videos, in the order of each video's first. */
function byVideo(items: readonly Item[]): [video: string, items: Item[]][] {
  const videos = new Map<string, Item[]>();
  for (const item of items) {
    const others = videos.get(item.video);
    if (others) others.push(item);
    else videos.set(item.video, [item]);
  }
  return [...videos];
}

/** Asks about one video. Resolves with whether the browser is still to be used. */
async function askAbout(run: Run, host: Host, path: string, items: readonly Item[]): Promise<boolean> {
  const { task, model, from, encoder, sampling, file } = run;
  let asked = 0;
  try {
    const countsFrames = items.some(({ at }) => at !== null && "frame" in at);
    const watching = { model: host.modelAddress(model), encoder, sampling, countsFrames };
    for (const notice of await host.run("watch-for-questions", watching, [path])) run.warn(`${path}: ${notice}`);
    for (const { id, video, prompt, at, choice } of items) {
      const command = { prompt, at, choice, from, maxTokens: task.maxTokens };
      const { answer, likelihoods, asOfSeconds } = await host.run("ask-question", command);
      file.add({ id, video, answer, ...(likelihoods ? { likelihoods } : {}), ...(at ? { asOfSeconds } : {}) });
      asked++;
    }
    return true;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    // What is wrong with the model or the machine is wrong with every video.
    if (/^(Model\w+|WebGpuUnavailable|AdapterTooSmall|BadRequest):/.test(message)) throw error;
    fail(run, items.slice(asked), message);
    return error instanceof ToolError && !/^(DeviceLost|OutOfMemory|Unexpected):/.test(message);
  }
}

function fail({ file, warn }: Run, items: readonly Item[], error: string): void {
  for (const { id, video } of items) file.add({ id, video, error });
  warn(`${items[0]?.video}: ${error}`);
}

/** How far a run is, and from the third video on how long it will take if the others take as long. */
export function progress(done: number, all: number, elapsedMs: number): string {
  const counted = `${done} / ${all} videos`;
  if (done === all || done < Math.min(3, all)) return counted;
  const seconds = (elapsedMs / 1000 / done) * (all - done);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.ceil((seconds % 3600) / 60);
  const left = seconds < 90 ? `${Math.ceil(seconds)} s` : hours === 0 ? `${minutes} min` : `${hours} h ${minutes} min`;
  return `${counted}, about ${left} left`;
}
