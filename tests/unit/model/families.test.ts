import { describe, expect, test } from "vitest";
import { familyOf, withTrainedMarks } from "../../../src/model/layouts/families.ts";
import type { FoundPart } from "../../../src/model/layouts/part.ts";
import { tensorMap } from "./tensor-map.ts";

function projector(first: string, prefix: string, norm = true): FoundPart {
  const names = new Map([["connector.0.weight", first]]);
  if (norm) names.set("connector.norm.weight", `${prefix}pre_norm.weight`);
  return { folder: { path: "", tensors: tensorMap(new Map()) }, prefix, names, dropped: [] };
}

test.each([
  ["model.0.weight", "", false, "AuroraLong"],
  ["projector.model.0.weight", "projector.", false, "AuroraLong"],
  ["model.model.0.weight", "model.", false, "AuroraLong"],
  ["modality.world_encoder.adapter.proj.0.weight", "modality.world_encoder.adapter.", true, "WorldRWKV"],
  ["proj.mlp.0.weight", "proj.", true, "ModRWKV"],
  ["model.proj.mlp.0.weight", "model.proj.", true, "ModRWKV"],
  ["proj.mlp.0.weight", "proj.", false, "ModRWKV"],
])("a projector that begins with %s is of its family", (first, prefix, norm, name) => {
  expect(familyOf(projector(first, prefix, norm)).name).toBe(name);
});

describe("ModRWKV's marks", () => {
  const modRwkv = familyOf(projector("proj.mlp.0.weight", "proj."));
  /** Rows whose values have this root mean square. */
  const rows = (sizes: Readonly<Record<number, number>>) => async (id: number) => {
    const size = sizes[id];
    return size === undefined ? null : Float32Array.of(size, -size, size);
  };

  test.each([
    ["as large as an unused id's", { 65530: 0.1, 65531: 0.104, 65535: 0.1 }, "\x16User:"],
    ["grown in training", { 65530: 0.3, 65531: 0.28, 65535: 0.1 }, "\x16User:<|65530|>"],
    ["one of them grown", { 65530: 0.3, 65531: 0.1, 65535: 0.1 }, "\x16User:<|65530|>"],
    ["in a small embedding that has none", {}, "\x16User:<|65530|>"],
  ])("%s", async (_, sizes, before) => {
    const family = await withTrainedMarks(modRwkv, rows(sizes));
    expect(family.prompt.memory.before).toBe(before);
    expect(family.prompt.sandwich.before).toBe(before);
    expect(family.notices.some((notice) => notice.includes("never been trained"))).toBe(before === "\x16User:");
  });

  test("are no matter of other families", async () => {
    const other = familyOf(projector("model.0.weight", "", false));
    expect(await withTrainedMarks(other, rows({ 65530: 1, 65531: 1, 65535: 1 }))).toBe(other);
  });
});
