import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { type Browser, chromium } from "playwright";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildLib } from "../../tools/build-lib.ts";
import { servePlainly } from "../../tools/chaos/server.ts";
import { chromiumFlags, findChromium } from "../../tools/chromium.ts";
import { questionOf, reference } from "../sample-answers.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const bin = resolve("node_modules/.bin");

/** A folder in which the package is installed as npm packs it, without a network, and a browser. */
const folder = scratch("project");
let browser: Browser;
beforeAll(async () => {
  const launching = chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags] });
  await buildLib([scratch("package")], { print: () => undefined, warn: () => undefined });
  mkdirSync(scratch("packed"));
  npm(scratch("package"), "pack", "--pack-destination", scratch("packed"));
  const tarball = join(scratch("packed"), readdirSync(scratch("packed"))[0] ?? "");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  npm(folder, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball);
  browser = await launching;
});
afterAll(() => browser.close());

function npm(folder: string, ...args: string[]): void {
  execFileSync("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

/** Serves a folder, has the page in it watch a sample and asks. All that is loaded must come from the folder. */
async function expectAnswer(root: string): Promise<void> {
  const server = await servePlainly(root, { path: "/below/" });
  const page = await browser.newPage();
  try {
    const elsewhere: string[] = [];
    page.on(
      "request",
      (request) => !/^(http:\/\/(127|local)|blob:|data:)/.test(request.url()) && elsewhere.push(request.url()),
    );
    await page.goto(server.url);
    await page.locator("#video").setInputFiles("public/samples/one-object.mp4");
    await page.getByText("done, 8 frames").waitFor({ timeout: 150_000 });
    const question = questionOf("one-object.mp4", "motion");
    await page.locator("#question").fill(question);
    await page.getByRole("button", { name: "Ask" }).click();
    await page.locator("#answer").getByText(/\.$/).waitFor();
    expect(await page.locator("#answer").textContent()).toBe(reference("one-object.mp4", question));
    expect(elsewhere).toEqual([]);
  } finally {
    await page.close();
    await server.close();
  }
}

test("its code is below 1 MB on its way, and what a page that does not listen can load is so on the disk", () => {
  const code = readdirSync(scratch("package")).filter((name) => name.endsWith(".js"));
  const size = (names: readonly string[], shrink = (file: Buffer) => file) =>
    names.reduce((sum, name) => sum + shrink(readFileSync(scratch(`package/${name}`))).length, 0);
  expect(size(code, (file) => gzipSync(file))).toBeLessThan(1_000_000);
  // Of onnxruntime's builds a browser loads one; the largest is counted.
  const others = /^(speech|transformers|ort\.(wasm|jspi)\.)/;
  expect(size(code.filter((name) => !others.test(name)))).toBeLessThan(1_000_000);
});

test("answers in a plain page from a static server, in about thirty lines", async () => {
  cpSync("examples/minimal/index.html", join(folder, "index.html"));
  expect(readFileSync("examples/minimal/index.html", "utf8").split("\n").length).toBeLessThan(50);
  await expectAnswer(folder);
});

test("answers in an empty Vite project", async () => {
  const root = join(folder, "vite");
  mkdirSync(root);
  const page = readFileSync("examples/minimal/index.html", "utf8");
  writeFileSync(
    join(root, "index.html"),
    page
      .replace("./node_modules/auroralong-web/index.js", "auroralong-web")
      .replace("./node_modules/auroralong-web/assets/", "./aurora/"),
  );
  cpSync(join(folder, "node_modules/auroralong-web/assets"), join(root, "public/aurora"), { recursive: true });
  await build({ root, configFile: false, base: "./", logLevel: "error" });
  await expectAnswer(join(root, "dist"));
});

test("its types are strict, and the React example's", () => {
  cpSync("examples/react/src", join(folder, "src"), { recursive: true });
  writeFileSync(
    join(folder, "src/consumer.ts"),
    `import { type AnswerScore, AuroraError, type ErrorCode, openAssistant, type Session } from "auroralong-web";
export async function likeliest(session: Session, question: string, answers: string[]): Promise<AnswerScore | undefined> {
  const scores = await session.score(question, answers, { at: 1 });
  return scores.toSorted((a, b) => b.logLikelihood - a.logLikelihood)[0];
}
export const code: ErrorCode = new AuroraError("BadRequest", "?").code;
// @ts-expect-error: a model must be given
export const wrong = openAssistant({});
`,
  );
  for (const name of ["react", "react-dom", "@types", "csstype"])
    symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name), "junction");
  const options = {
    ...{ target: "ES2023", lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], module: "ESNext" },
    ...{
      moduleResolution: "bundler",
      strict: true,
      noEmit: true,
      jsx: "react-jsx",
      types: [],
      allowImportingTsExtensions: true,
    },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["src"] }));
  expect(() => execFileSync(join(bin, "tsc"), ["-p", folder], { encoding: "utf8" })).not.toThrow();
});
