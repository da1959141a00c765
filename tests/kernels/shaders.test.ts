import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { testGpu } from "../gpu.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const exists = (path: string) => existsSync(new URL(path, root));
const stems = (folder: string, extension: string) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length));

/** The files of `shaders` that a wrapper joins, by path below `shaders`. */
const joined = (wrapper: string) =>
  [...read(`src/kernels/${wrapper}.ts`).matchAll(/shaders\/([\w/-]+\.wgsl)\?raw/g)].map((match) => match[1] as string);

/** The wrapper of a shader: of the same stem, or of the stem that the shader is a variant of (`linear` of `linear-decode`). */
const wrapperOf = (shader: string) =>
  stems("src/kernels", ".ts").find((stem) => {
    const named = shader === stem || shader.startsWith(`${stem}-`);
    return named && joined(stem).includes(`${shader}.wgsl`);
  });

describe.each(stems("shaders", ".wgsl"))("shader %s", (shader) => {
  const wrapper = wrapperOf(shader);

  it("has a wrapper, a reference and a test of its stem", () => {
    expect(wrapper).toBeDefined();
    expect(exists(`tests/reference/${wrapper}.ts`)).toBe(true);
    expect(exists(`tests/kernels/${wrapper}.test.ts`)).toBe(true);
  });

  it("compiles as it stands, after the library files that its wrapper joins", async () => {
    const gpu = await testGpu();
    const text = read(`shaders/${shader}.wgsl`);
    const needsHalf = /\bvec4h\b/.test(text);
    const libraries = joined(wrapper as string).filter((path) =>
      /^lib\/(?!lanes-|in-|packed-|products-|blocked-|enable-f16)/.test(path),
    );
    if (needsHalf) libraries.unshift("lib/enable-f16.wgsl");
    // `byLanes` joins one of each that stand for one another.
    if (text.includes("sum_lanes("))
      libraries.push("lib/lanes-tree.wgsl", "lib/products-single.wgsl", "lib/in-single.wgsl");
    if (text.includes("fetch_x(")) libraries.push("lib/blocked-tiles.wgsl");
    if (text.includes("pack32(")) libraries.push("lib/packed-dot.wgsl");
    if (wrapper === "linear-pair") libraries.push("lib/linear-weights.wgsl");
    const code = [...libraries, `${shader}.wgsl`].map((path) => read(`shaders/${path}`)).join("");
    gpu.device.pushErrorScope("validation");
    const info = await gpu.device.createShaderModule({ label: shader, code }).getCompilationInfo();
    await gpu.device.popErrorScope();
    const messages = info.messages.map(({ lineNum, message }) => `${lineNum}: ${message}`);
    if (needsHalf && !gpu.halfArithmetic)
      expect(messages, "the adapter has no shader-f16").toEqual([
        expect.stringMatching(/extension 'f16' is not allowed/),
      ]);
    else expect(messages).toEqual([]);
    expect(code).toMatch(/@compute[^{]*\bfn main\(/);
  });
});

it("every library file of shaders is joined by a wrapper", () => {
  const used = new Set(stems("src/kernels", ".ts").flatMap(joined));
  for (const name of stems("shaders/lib", ".wgsl")) expect(used).toContain(`lib/${name}.wgsl`);
});
