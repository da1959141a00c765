import { cpus } from "node:os";
import { createVectors } from "../src/search/vectors.ts";
import { type Output, runTool } from "./run-tool.ts";

const [count, width, rounds] = [86_400, 768, 15] as const;

/** `npm run bench-search`: how long a day of vectors, one a second, takes to be searched. */
async function benchSearch(_: readonly string[], output: Output): Promise<void> {
  const vectors = createVectors(width);
  const batch = 64;
  for (let first = 0; first < count; first += batch)
    vectors.add(
      Array.from({ length: batch }, (_, i) => first + i),
      random(batch * width),
    );
  const before = process.cpuUsage();
  const times = Array.from({ length: rounds }, () => {
    const asked = random(width);
    const start = performance.now();
    vectors.nearest(asked, 200);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const { user, system } = process.cpuUsage(before);
  const [least, median, longest] = [0, rounds >> 1, rounds - 1].map((at) => times[at]?.toFixed(1));
  output.print(`${vectors.count} vectors of ${width}, ${Math.round(vectors.byteLength / 1e6)} MB, ${cpus()[0]?.model}`);
  output.print(`the nearest 200 of them: median ${median} ms, least ${least} ms, most ${longest} ms`);
  output.print(`CPU time of one: ${((user + system) / 1000 / rounds).toFixed(1)} ms`);
}

function random(length: number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (Math.random() - 0.5) / 8;
  return values;
}

void runTool(import.meta, benchSearch);
