import { join, resolve } from "node:path";
import { openBuiltPage, type Visit } from "./built-page.ts";
import type { Host } from "./host.ts";
import { type Figure, median, timeRatio } from "./page/bench/measure.ts";

const root = resolve(import.meta.dirname, "..");
const clip = join(root, "public/samples/five-minutes.mp4");
/** The page's own. */
const model = join(root, "public/models/nano");

const openings = 5;
const rounds = 3;
const answers = 6;

/** The built page with the model that comes with it: how it starts, and how fast its engine runs beside all that a person sees. */
export async function benchPage(host: Host, questions: readonly string[]): Promise<Figure[]> {
  const page = await openBuiltPage();
  try {
    const starts: number[] = [];
    for (let i = 0; i < openings; i++) starts.push((await page.visit()).readyMs);
    const asked = Array.from({ length: answers }, (_, i) => questions[i % questions.length] as string);
    const visits: Visit[] = [];
    const bench: Pick<Visit, "framesPerSecond" | "tokensPerSecond">[] = [];
    for (let round = 0; round < rounds; round++) {
      visits.push(await page.visit({ path: clip, questions: asked }));
      bench.push(
        await host.run("pace", { model: host.modelAddress(model), encoder: "auto", questions: asked }, [clip]),
      );
    }
    const ratio = (of: (each: (typeof bench)[number]) => number) => timeRatio(visits.map(of), bench.map(of));
    const about = `built page over the same session without one, in turn; median of ${rounds}`;
    return [
      figure(
        "page-bytes",
        page.scriptBytes,
        "B",
        "JavaScript, compressed, loaded until nano is ready, without onnxruntime's own",
      ),
      figure(
        "start-ms",
        median(starts),
        "ms",
        `from the navigation until nano is ready, cache warm; median of ${openings}`,
      ),
      figure(
        "page-vs-bench-watch",
        ratio(({ framesPerSecond }) => framesPerSecond),
        "×",
        `frames a second, ${about}`,
      ),
      figure(
        "page-vs-bench-tokens",
        ratio(({ tokensPerSecond }) => median(tokensPerSecond)),
        "×",
        `tokens a second, ${about}`,
      ),
      figure(
        "page-longest-task-ms",
        Math.max(...visits.map(({ longestTaskMs }) => longestTaskMs)),
        "ms",
        "longest task of the page's own thread while watching and asking; 0 where none takes over 50 ms",
      ),
    ];
  } finally {
    await page.close();
  }
}

function figure(id: string, value: number, unit: string, note: string): Figure {
  return { id, value, unit, note };
}
