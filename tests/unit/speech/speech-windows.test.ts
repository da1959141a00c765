import { expect, it } from "vitest";
import { frameSeconds, type SpeechWindow, SpeechWindows } from "../../../src/speech/speech-windows.ts";

/** Windows of a sound that is described by how long somebody speaks (positive) or pauses (negative), in seconds. */
function windowsOf(...seconds: readonly number[]): { windows: SpeechWindow[]; needed: number[] } {
  const cutter = new SpeechWindows();
  const windows: SpeechWindow[] = [];
  const needed: number[] = [];
  for (const length of seconds) {
    for (let i = 0; i < Math.round(Math.abs(length) / frameSeconds); i++) {
      const window = cutter.push(length > 0 ? 0.9 : 0.02);
      if (window) windows.push(window);
      needed.push(cutter.needed);
    }
  }
  const last = cutter.finish();
  if (last) windows.push(last);
  return { windows, needed };
}

const inSeconds = (windows: readonly SpeechWindow[]) =>
  windows.map(({ voiced }) => [voiced.from, voiced.to].map((frame) => Number((frame * frameSeconds).toFixed(1))));

it("a window holds speech with a little around it", () => {
  const { windows } = windowsOf(-1, 2, -3);
  expect(inSeconds(windows)).toEqual([[1, 3]]);
  const [{ from, to, voiced }] = windows as [SpeechWindow];
  expect((voiced.from - from) * frameSeconds).toBeCloseTo(0.2, 1);
  expect((to - voiced.to) * frameSeconds).toBeCloseTo(0.2, 1);
});

it("short pauses stay in a window, long ones part it", () => {
  expect(inSeconds(windowsOf(2, -1, 2, -1, 2).windows)).toEqual([[0, 8]]);
  expect(inSeconds(windowsOf(2, -2.5, 2).windows)).toEqual([
    [0, 2],
    [4.5, 6.5],
  ]);
  expect(inSeconds(windowsOf(13, -0.8, 2).windows)).toEqual([
    [0, 13],
    [13.8, 15.8],
  ]);
});

it("silence, clicks and nothing give no window", () => {
  expect(windowsOf(-60).windows).toEqual([]);
  expect(windowsOf(-1, 0.07, -3, 0.07, -3).windows).toEqual([]);
  expect(windowsOf().windows).toEqual([]);
});

it("no window is longer than a recogniser takes; nothing is lost or given twice, and it is cut where speech is faintest", () => {
  const { windows } = windowsOf(70);
  for (const { from, to } of windows) expect((to - from) * frameSeconds).toBeLessThanOrEqual(28);
  for (const [i, { from }] of windows.entries()) if (i > 0) expect(from).toBe((windows[i - 1] as SpeechWindow).to);
  expect((windows.at(-1) as SpeechWindow).to * frameSeconds).toBeCloseTo(70, 0);
  const faint = windowsOf(20, -0.3, 30).windows;
  expect((faint[0] as SpeechWindow).to * frameSeconds).toBeCloseTo(20.15, 0.2);
});

it("what a window to come may need is never given up", () => {
  const { windows, needed } = windowsOf(-5, 2, -0.2, 0.06, -4, 3, -0.5, 26, -1, 9);
  let at = 0;
  for (const window of windows) {
    // Until the window was given, its beginning was needed.
    while (at < needed.length && at < window.to)
      expect(needed[at++]).toBeLessThanOrEqual(window.from + (window.to - window.from));
    expect(needed[Math.max(0, window.voiced.from)] as number).toBeLessThanOrEqual(window.from);
  }
  expect(needed.at(-1)).toBeGreaterThan(1000);
});
