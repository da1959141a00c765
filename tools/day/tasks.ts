import type { Browser, Page } from "playwright";

/** Tasks on the page's own thread that took 50 ms or more by the clock, the browser's own among them. */
export type LongTasks = { readonly count: number; readonly longestMs: number };

/** Has the page note its long tasks from its next start on. */
export async function recordTasks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: "longtask", buffered: true });
  });
}

/** The tasks since the last call. */
export async function takeTasks(page: Page): Promise<LongTasks> {
  const tasks = await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
  return { count: tasks.length, longestMs: Math.max(0, ...tasks) };
}

/** The longest task of the page's thread by the clock, and the longest by the processor's time that it took. */
export type TracedTasks = { readonly wallMs: number; readonly cpuMs: number; readonly tasks: number };

type TraceEvent = {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
};

/** Traces the page while something is done with it. @param keep is given the whole trace */
export async function traceTasks(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
  keep: (trace: Buffer) => void = () => undefined,
): Promise<TracedTasks> {
  const categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8.execute"];
  await browser.startTracing(page, { categories });
  await work();
  const trace = await browser.stopTracing();
  keep(trace);
  return longestTask((JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }).traceEvents);
}

/** Of the thread that runs pages, of which the browser has one here. */
function longestTask(events: readonly TraceEvent[]): TracedTasks {
  const main = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => ph === "X" && /RunTask$/.test(name) && main.has(`${pid}.${tid}`),
  );
  const longest = (of: (event: TraceEvent) => number | undefined) =>
    tasks.reduce((most, event) => Math.max(most, (of(event) ?? 0) / 1000), 0);
  return { wallMs: longest(({ dur }) => dur), cpuMs: longest(({ tdur }) => tdur), tasks: tasks.length };
}
