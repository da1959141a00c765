import { expect, test } from "@playwright/test";
import { runChaos } from "../../tools/chaos/run.ts";

// `npm run chaos -- --minutes 60` does the same for an hour.
test("a minute of mishaps leaves the page well", async () => {
  test.setTimeout(600_000);
  const lines: string[] = [];
  const report = await runChaos({ seed: 1, minutes: 1, folder: "dist", log: (line) => lines.push(line) });
  expect(report.faults, lines.join("\n")).toEqual([]);
  expect(report.sequences).toBeGreaterThan(0);
});
