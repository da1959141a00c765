import { describe, expect, it } from "vitest";
import nano from "../../../public/models/nano/config.json";
import { parseConfig, seeing } from "../../../src/model/config.ts";
import { geometricMean, interleave, median, timeRatio } from "../../../tools/page/bench/measure.ts";
import { multiplyAdds, withoutMerging } from "../../../tools/page/bench/multiply-adds.ts";

describe("figures", () => {
  it("takes the middle of odd and even numbers of values, in any order", () => {
    expect(median([9, 1, 4])).toBe(4);
    expect(median([8, 1, 2, 4])).toBe(3);
    expect(() => median([])).toThrow("no values");
  });

  it("compares times round by round", () => {
    expect(timeRatio([10, 40, 90], [5, 10, 30])).toBe(3);
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
  });

  it("runs tasks in turn and leaves the first round out", async () => {
    const order: string[] = [];
    const times = await interleave(2, [async () => order.push("a"), async () => order.push("b")]);
    expect(order.join("")).toBe("ababab");
    expect(times.map(({ length }) => length)).toEqual([2, 2]);
  });
});

describe("multiply-adds of the ViT", () => {
  const sizes = { image_size: 96, patch_size: 12, hidden_size: 128, intermediate_size: 512, num_hidden_layers: 6 };
  const config = seeing(
    parseConfig({
      ...nano,
      vision_config: { ...nano.vision_config, ...sizes, num_attention_heads: 4, select_layer: -1 },
      merge_config: { ...nano.merge_config, r: [18, 13, 9, 7, 5, 0], protect_first: false },
    }),
  );

  it("counts a model without merging as the layers' formula does", () => {
    const embedding = 64 * 3 * 12 * 12 * 128;
    const block = 64 * (4 * 128 * 128 + 2 * 128 * 512) + 2 * 64 * 64 * 128;
    expect(multiplyAdds(withoutMerging(config))).toBe(embedding + 6 * block);
  });

  it("counts a block's attention before its merge and the MLP after", () => {
    const attention = (tokens: number) => 4 * tokens * 128 * 128 + 2 * tokens * tokens * 128;
    const mlp = (tokens: number) => 2 * tokens * 128 * 512;
    const before = [64, 46, 33, 24, 17, 12];
    const after = [46, 33, 24, 17, 12, 12];
    const blocks = before.map((tokens, i) => attention(tokens) + mlp(after[i] as number));
    const embedding = 64 * 3 * 12 * 12 * 128;
    expect(multiplyAdds(config)).toBe(embedding + blocks.reduce((sum, count) => sum + count, 0));
  });
});
