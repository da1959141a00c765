import { describe, expect, test } from "vitest";
import { createStopFilter } from "../../../src/text/stop-filter.ts";

describe("a stop filter", () => {
  test("lets everything through at once where there are no stop strings", () => {
    const filter = createStopFilter([]);
    expect(filter.push("a\n\n")).toEqual({ text: "a\n\n", stopped: false });
    expect(filter.finish()).toBe("");
  });

  test("holds back what could begin a stop string, and lets it go when it does not", () => {
    const filter = createStopFilter(["\n\n", "User:"]);
    const texts = ["Two", "\n", "cats\nUs", "ually", " U"].map((piece) => filter.push(piece).text);
    expect(texts).toEqual(["Two", "", "\ncats\n", "Usually", " "]);
    expect(filter.finish()).toBe("U");
    expect(filter.finish()).toBe("");
  });

  test("stops for good, and shows nothing of the stop string", () => {
    const filter = createStopFilter(["\n\n"]);
    expect(filter.push("yes\n")).toEqual({ text: "yes", stopped: false });
    expect(filter.push("\nmore")).toEqual({ text: "", stopped: true });
    expect(filter.push("more")).toEqual({ text: "", stopped: true });
    expect(filter.finish()).toBe("");
  });

  test("finds the first of several stop strings", () => {
    expect(createStopFilter(["END", "\n\n"]).push("a\n\nbEND")).toEqual({ text: "a", stopped: true });
  });

  test("cuts at the stop string that is complete first, however the text is split", () => {
    const stops = ["aab", "ba", "abaa"];
    for (let bits = 0; bits < 512; bits++) {
      const text = Array.from({ length: 9 }, (_, i) => ((bits >> i) & 1 ? "a" : "b")).join("");
      const expected = textBeforeStop(text, stops);
      for (const size of [1, 2, 4, 9]) expect(filterBy(text, size, stops), `${text} by ${size}`).toBe(expected);
    }
  });
});

/** What is left of the shortest beginning of `text` that ends with a stop string. */
function textBeforeStop(text: string, stops: readonly string[]): string {
  for (let end = 1; end <= text.length; end++) {
    const lengths = stops.filter((stop) => text.slice(0, end).endsWith(stop)).map((stop) => stop.length);
    if (lengths.length > 0) return text.slice(0, end - Math.max(...lengths));
  }
  return text;
}

/** The text shown when `text` comes in pieces of `size` characters. */
function filterBy(text: string, size: number, stops: readonly string[]): string {
  const filter = createStopFilter(stops);
  let shown = "";
  for (let at = 0; at < text.length; at += size) shown += filter.push(text.slice(at, at + size)).text;
  return shown + filter.finish();
}
