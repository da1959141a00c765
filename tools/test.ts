import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findChromium } from "./chromium.ts";
import { findFirefox, installFirefox } from "./firefox.ts";

/**
 * `npm test`: all tests that a clean machine can run, and one line with the sums at the end.
 * `npm run test:quick`: those that need no browser.
 */

const quick = process.argv.includes("--quick");

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

/** A test runner, with what its report says. */
type Runner<Report> = {
  readonly name: string;
  /** Its command line, which has it write its report there. */
  readonly args: (report: string) => readonly string[];
  readonly count: (report: Report) => Counts;
};

/** Runs a test runner with its output shown, and counts what its report says; a runner that fails otherwise is one failure. */
async function runTests<Report>({ name, args, count }: Runner<Report>, reports: string): Promise<Counts> {
  const report = join(reports, `${name}.json`);
  const exitCode = await runNode(args(report), report);
  try {
    const counts = count(JSON.parse(readFileSync(report, "utf8")) as Report);
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed`);
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

/** @param projects those of vitest.config.ts, or with "!" those that are left out */
function vitest(name: string, projects: readonly string[]): Runner<VitestReport> {
  const reporters = ["--reporter=default", "--reporter=json"];
  const chosen = projects.map((project) => `--project=${project}`);
  const run = [join(modules, "vitest", "vitest.mjs"), "run", ...reporters, ...chosen];
  return { name, args: (report) => [...run, `--outputFile.json=${report}`], count: countVitest };
}

const playwright: Runner<PlaywrightReport> = {
  name: "Playwright",
  args: () => [join(modules, "@playwright", "test", "cli.js"), "test", "--reporter=list,json"],
  count: countPlaywright,
};

async function main(): Promise<Counts[]> {
  findChromium(); // installs it, or says how to, before anything else needs it
  const reports = mkdtempSync(join(tmpdir(), "aurora-tests-"));
  try {
    if (quick) return [await runTests(vitest("Vitest", ["unit", "kernels"]), reports)];
    installFirefox();
    // One after the other: a software adapter takes every core that it finds.
    const all = [await runTests(vitest("Vitest", ["!firefox"]), reports)];
    if (findFirefox()) all.push(await runTests(vitest("Vitest in Firefox", ["firefox"]), reports));
    return [...all, await runTests(playwright, reports)];
  } finally {
    rmSync(reports, { recursive: true });
  }
}

const counts = await main().catch((error: unknown): Counts[] => {
  console.error(error instanceof Error ? error.message : error);
  return [{ passed: 0, failed: 1 }];
});
if (!quick && !findFirefox()) console.log("Firefox: left out, as there is none on this machine");
const passed = counts.reduce((sum, each) => sum + each.passed, 0);
const failed = counts.reduce((sum, each) => sum + each.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
