import { actions } from "./actions.ts";
import {
  bringNanoBack,
  endTrouble,
  isSame,
  mustBeWell,
  settledUsage,
  storedFiles,
  type Usage,
  usageAgainst,
} from "./checks.ts";
import { brokenSessions, lostToKill, mustStillOpen, savedSessions } from "./kept.ts";
import { createRandom } from "./random.ts";
import { openWorld, type World } from "./world.ts";

export type ChaosOptions = {
  /** Seeds count up from here, one a sequence. */
  readonly seed: number;
  readonly minutes: number;
  /** What `npm run build` made. */
  readonly folder: string;
  readonly log: (line: string) => void;
};

/** What was found; each fault with the seed of its sequence. */
export type ChaosReport = { readonly sequences: number; readonly actions: number; readonly faults: readonly string[] };

/** Sequences of mishaps, each followed by a look at whether the page is as well as before, until the time is up. */
export async function runChaos({ seed, minutes, folder, log }: ChaosOptions): Promise<ChaosReport> {
  const faults: string[] = [];
  const done = { sequences: 0, actions: 0 };
  let world = await openWorld(folder);
  try {
    await mustBeWell(world);
    const well = await settledUsage(world);
    log(`well: ${JSON.stringify(well)}`);
    const end = Date.now() + minutes * 60_000; // opening takes what it takes
    for (let number = seed; Date.now() < end; number++) {
      const { words, found } = await runSequence(world, number, well, end);
      done.sequences++;
      done.actions += words.length;
      log(`seed ${number}: ${words.join(" · ")} | ${found.length === 0 ? "well" : found.join(" · ")}`);
      faults.push(...found.map((fault) => `seed ${number}: ${fault}`));
      if (found.length === 0) continue;
      // What comes after a fault starts afresh.
      await world.close().catch(() => undefined);
      world = await openWorld(folder);
    }
  } finally {
    await world.close().catch(() => undefined);
  }
  return { ...done, faults };
}

/** One sequence and the look after it. */
async function runSequence(
  world: World,
  seed: number,
  well: Usage,
  end: number,
): Promise<{ words: string[]; found: string[] }> {
  const random = createRandom(seed);
  const words: string[] = [];
  const kept = await keptModels(world);
  const found: string[] = [];
  let saved = await savedSessions(world);
  world.memoryFile = null;
  for (let left = 3 + random.below(8); left > 0 && Date.now() < end && !world.crashed; left--) {
    const words_ = await random
      .one(actions)(world, random)
      .catch((error: unknown) => missed(error));
    words.push(words_);
    const now = world.crashed ? null : await savedSessions(world);
    found.push(...brokenSessions(saved, now));
    saved = now ?? saved;
    await new Promise((resolve) => setTimeout(resolve, random.one([0, 50, 300, 1500])));
  }
  try {
    await endTrouble(world);
    found.push(...(await lostToKill(world)));
    if (world.memoryFile) await bringNanoBack(world);
    found.push(...(await mustStillOpen(world)));
    // A memory without a video goes on with the next one, and uses what it uses.
    if (world.memoryFile || words.some((each) => each.startsWith("restore"))) await world.page.reload();
    await mustBeWell(world);
    const usage = await usageAgainst(world, well);
    if (!isSame(usage, well)) found.push(`uses ${JSON.stringify(usage)}`);
    const now = await keptModels(world);
    const deleted = words.some((each) => /^press Delete/.test(each));
    const lost = deleted ? [] : kept.filter((path) => !now.includes(path));
    if (lost.length > 0) found.push(`lost ${lost.join(", ")}`);
  } catch (error) {
    found.push(`not well: ${error instanceof Error ? error.message.split("\n").slice(0, 8).join(" ") : error}`);
  }
  found.push(...world.faults.splice(0));
  return { words, found };
}

/** Manifests of the models that the page says it keeps. */
async function keptModels({ page }: World): Promise<string[]> {
  return (await storedFiles(page).catch(() => [])).filter((path) => /\/models\/.*manifest/.test(path));
}

/** An action that did not find what it wanted: something lay over it, or it was gone. */
function missed(error: unknown): string {
  const [first = ""] = String(error instanceof Error ? error.message : error).split("\n");
  return `(${first.slice(0, 40)})`;
}
