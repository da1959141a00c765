import { expect, it } from "vitest";
import { SampleBuffer } from "../../../src/speech/sample-buffer.ts";

const count = (from: number, to: number) => Float32Array.from({ length: to - from }, (_, i) => from + i);

it("holds what is needed, by its place in the stream", () => {
  const buffer = new SampleBuffer();
  for (let at = 0; at < 300_000; at += 1000) {
    buffer.append(count(at, at + 1000));
    expect(buffer.end).toBe(at + 1000);
    buffer.drop(at - 5000);
    expect(buffer.view(Math.max(0, at - 5000), at + 1000)).toEqual(count(Math.max(0, at - 5000), at + 1000));
  }
  buffer.append(count(300_000, 500_000));
  expect(buffer.view(299_990, 500_000)).toEqual(count(299_990, 500_000));
  buffer.drop(1e9);
  expect(buffer.end).toBe(500_000);
});
