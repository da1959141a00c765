import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findChromium } from "./chromium.ts";

/**
 * `npm test`: all tests that a clean machine can run, and one line with the sums at the end.
 * `npm run test:quick`: those that need no browser.
 */

const quick = process.argv.includes("--quick");
/** Projects of vitest.config.ts without a browser. */
const quickProjects = ["unit", "kernels"].map((project) => `--project=${project}`);

const root = resolve(import.meta.dirname, "..");
const modules = join(root, "node_modules");
type Counts = { readonly passed: number; readonly failed: number };

/** The parts of Vitest's JSON report that count. */
type VitestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
};

/** The parts of Playwright's JSON report that count. */
type PlaywrightReport = {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number; skipped: number };
  readonly errors: readonly unknown[];
};

/** A file that could not be loaded has no tests, and is a failure; so is a test that did not run. */
function countVitest(report: VitestReport): Counts {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  const notRun = report.numTotalTests - report.numPassedTests - report.numFailedTests;
  return { passed: report.numPassedTests, failed: report.numFailedTests + notRun + broken.length };
}

function countPlaywright({ stats, errors }: PlaywrightReport): Counts {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped + errors.length };
}

/** Runs a test runner with its output shown, and counts what its report says; a runner that fails otherwise is one failure. */
async function runTests<Report>(
  name: string,
  args: readonly string[],
  report: string,
  count: (report: Report) => Counts,
): Promise<Counts> {
  const exitCode = await runNode(args, report);
  try {
    const counts = count(JSON.parse(readFileSync(report, "utf8")) as Report);
    if (exitCode === 0 || counts.failed > 0) return counts;
    console.error(`${name} ended with exit code ${exitCode} although no test failed.`);
    return { ...counts, failed: 1 };
  } catch {
    console.error(`${name} ended with exit code ${exitCode} and left no report.`);
    return { passed: 0, failed: 1 };
  }
}

function runNode(args: readonly string[], report: string): Promise<number> {
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" };
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env });
    child.on("error", () => done(1));
    child.on("close", (code) => done(code ?? 1));
  });
}

async function main(): Promise<Counts[]> {
  findChromium(); // installs it, or says how to, before anything else needs it
  const reports = mkdtempSync(join(tmpdir(), "aurora-tests-"));
  try {
    const reporters = ["--reporter=default", "--reporter=json"];
    const vitest = [join(modules, "vitest", "vitest.mjs"), "run", ...reporters, ...(quick ? quickProjects : [])];
    const vitestReport = join(reports, "vitest.json");
    const playwright = [join(modules, "@playwright", "test", "cli.js"), "test", "--reporter=list,json"];
    const ofVitest = await runTests(
      "Vitest",
      [...vitest, `--outputFile.json=${vitestReport}`],
      vitestReport,
      countVitest,
    );
    if (quick) return [ofVitest];
    return [ofVitest, await runTests("Playwright", playwright, join(reports, "playwright.json"), countPlaywright)];
  } finally {
    rmSync(reports, { recursive: true });
  }
}

const counts = await main().catch((error: unknown): Counts[] => {
  console.error(error instanceof Error ? error.message : error);
  return [{ passed: 0, failed: 1 }];
});
const passed = counts.reduce((sum, each) => sum + each.passed, 0);
const failed = counts.reduce((sum, each) => sum + each.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
