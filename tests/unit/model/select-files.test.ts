import { expect, test } from "vitest";
import { selectModelFiles } from "../../../src/model/select-files.ts";

function select(...paths: string[]): string[] {
  return selectModelFiles(paths.map((path) => ({ path }))).map(({ path }) => path);
}

test("takes weights, descriptions and licences, and nothing that a trainer or a tool left there", () => {
  const wanted = [
    "model.safetensors",
    "config.json",
    "vocab.txt",
    "README.md",
    "LICENSE",
    "projector/model.safetensors",
  ];
  const unwanted = ["optimizer.bin", "rng_state_0.pth", "modeling.py", ".git/config.json", "clip.mp4"];
  expect(select(...wanted, ...unwanted)).toEqual(wanted);
});

test("leaves out pickled copies of safetensors", () => {
  expect(select("model.safetensors", "pytorch_model.bin")).toEqual(["model.safetensors"]);
  expect(select("model-00001-of-00002.safetensors", "pytorch_model-00001-of-00003.bin")).toHaveLength(1);
  expect(select("RWKV-x060.pth", "RWKV-x060.st")).toEqual(["RWKV-x060.st"]);
});

test("keeps pickled files that are something else", () => {
  const together = ["rwkv-0.pth", "model.safetensors"];
  expect(select(...together)).toEqual(together);
  const apart = ["pytorch_model.bin", "visual_encoder/model.safetensors"];
  expect(select(...apart)).toEqual(apart);
});
