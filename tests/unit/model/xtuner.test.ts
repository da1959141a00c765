import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/model/checkpoint.ts";
import { PythonName, readAssignments } from "../../../src/model/layouts/python-values.ts";
import { parseXtunerConfig, readXtunerConfig } from "../../../src/model/layouts/xtuner.ts";
import { openNodeFiles } from "../../../tools/node-files.ts";
import { memoryFiles } from "./memory-reader.ts";

describe("plain assignments of a Python file", () => {
  // Values as Python's ast.literal_eval gives them, but for names.
  test.each([
    ["a = 'x' \"y\"\n", "xy"],
    ["a = ('x'\n     'y')", "xy"],
    ["a = '''x\n'y'\n'''", "x\n'y'\n"],
    ["a = r'\\n'", "\\n"],
    ["a = '\\x41\\u00e9\\U0001f600\\n\\q\\''", "Aé😀\n\\q'"],
    ["a = -1_000.5e-1  # why\n", -100.05],
    ["a = True", true],
    ["a = None\r\n", null],
    ["a = [1, (2,), (3), ()]", [1, [2], 3, []]],
    ["a = x.y", new PythonName("x.y")],
    ["a = 1\na = 2\n", 2],
    ["a = dict(b=1,  # one\n  c=[\n    'd'],)", new Map<string, unknown>([["b", 1]]).set("c", ["d"])],
    ["a = {'b': {}}", new Map([["b", new Map()]])],
  ])("%j", (source, value) => {
    expect(readAssignments(source).get("a")).toEqual(value);
  });

  test.each([
    "a = f()",
    "a = f'x'",
    "a = 1 + 1",
    "a = [f(1)]",
    "a = b[0]",
    "a == 1",
    "  a = 1",
    "#a = 1",
    "a += 1",
    "a = 'x",
    "a = [1",
    "a = {1: 2}",
    "a = lambda: 1",
    "a = __import__('os').system('x')",
    `a = ${"[".repeat(99)}`,
  ])("%j is none", (source) => {
    expect(readAssignments(`${source}\nb = 1\n`)).toEqual(new Map([["b", 1]]));
  });
});

describe("xtuner's configuration", () => {
  test.each([
    ["prompt_template = PROMPT_TEMPLATE.vicuna", "USER: {input} ASSISTANT:"],
    ["prompt_template = 'xtuner.utils.PROMPT_TEMPLATE.default'", "<|User|>:{input}\n<|Bot|>:"],
    ["prompt_template = dict(SYSTEM='', INSTRUCTION='Q: {input}\\nA:', SEP='\\n')", "Q: {input}\nA:"],
  ])("%j names the words around an input", (source, instruction) => {
    expect(parseXtunerConfig(source).template).toEqual({ instruction, stops: [] });
  });

  test.each([
    ["internlm_chat", "<|User|>:{input}<eoh>\n<|Bot|>:", ["<eoa>"]],
    ["zephyr", "<|user|>\n{input}\n<|assistant|>\n", []],
    ["mistral", "[INST] {input} [/INST]", []],
    ["llama3_chat", /^<\|start_header_id\|>user<\|end_header_id\|>\n\n\{input\}<\|eot_id\|>/, ["<|eot_id|>"]],
    ["qwen_chat", /^<\|im_start\|>user\n\{input\}/, ["<|im_end|>", "<|endoftext|>"]],
    ["chatglm2", "[Round 1]\n\n问：{input}\n\n答：", []],
  ])("knows xtuner's own template %s", (name, instruction, stops) => {
    const { template, notices } = parseXtunerConfig(`prompt_template = 'xtuner.utils.PROMPT_TEMPLATE.${name}'\n`);
    expect(template?.instruction).toMatch(instruction);
    expect(template?.stops).toEqual(stops);
    expect(template?.instruction.split("{input}").length).toBe(2);
    expect(notices.join()).toMatch(/prompted as its xtuner_config\.py says/);
  });

  test("stops at what its template ends an answer with", () => {
    const source = "prompt_template = dict(INSTRUCTION='{input}', SUFFIX='</s>', STOP_WORDS=['<|end|>', ''])";
    expect(parseXtunerConfig(source).template?.stops).toEqual(["</s>", "<|end|>"]);
  });

  test("shows what is not known", () => {
    const { template, notices } = parseXtunerConfig("prompt_template = PROMPT_TEMPLATE.finch\n");
    expect(template).toBeNull();
    expect(notices).toEqual([
      expect.stringMatching(/prompted with PROMPT_TEMPLATE\.finch, which this app does not know/),
    ]);
  });

  test("says how pictures are made square", () => {
    const sized = "image_processor = dict(type=SiglipImageProcessor, size=dict(height=96, width=96), resample=2)";
    expect(parseXtunerConfig(sized).processor).toMatchObject({
      image_processor_type: "SiglipImageProcessor",
      size: { height: 96, width: 96 },
      resample: 2,
    });
    // The settings are another repository's.
    const elsewhere =
      "image_processor = dict(type='transformers.CLIPImageProcessor.from_pretrained', x='google/siglip')";
    expect(parseXtunerConfig(elsewhere).processor).toBeNull();
    expect(parseXtunerConfig("d = dict(\n    type=D, pad_image_to_square=True)").padsToSquare).toBe(true);
    expect(parseXtunerConfig("d = dict(\n    pad_image_to_square=False)").padsToSquare).toBe(false);
  });

  test("that is far too long is left alone", async () => {
    const files = memoryFiles({ "xtuner_config.py": " ".repeat((1 << 20) + 1) });
    expect(await readXtunerConfig(files)).toBeNull();
  });

  test("decides the prompt of the model beside it", async () => {
    const files = await openNodeFiles(["tests/fixtures/checkpoints/aurora-authors/files"]);
    const assets = { worldVocabulary: async () => readFileSync("public/tokenizers/rwkv_vocab_v20230424.txt") };
    const { config, notices } = await openCheckpoint(files, assets);
    const template = { before: "USER: ", between_frames: " ", after: "\n{question} ASSISTANT:" };
    expect(config.prompt).toMatchObject({
      sandwich: template,
      memory: template,
      next_turn: "USER: {question} ASSISTANT:",
    });
    expect(notices.join()).toContain("prompted as its xtuner_config.py says");
    expect(notices.join()).not.toContain("does not say how the model is prompted");
    expect(config.vision_config).toMatchObject({
      fit: "crop",
      resize_edge: 80,
      block_norm_eps: 1e-5,
      columns_first: false,
    });
  });
});
