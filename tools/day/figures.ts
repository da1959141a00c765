import type { Page } from "playwright";

/** What the page holds at a time, in bytes where nothing else is said. */
export type Held = {
  readonly gpuBuffers: number;
  readonly gpuBytes: number;
  /** JavaScript of the page and of its workers, as the browser counts it. */
  readonly heapBytes: number;
  /** What the browser stores for the page. */
  readonly storedBytes: number;
  readonly keptFrames: number;
  readonly keyStates: string;
  readonly scenes: number;
  readonly notes: number;
};

const patience = { timeout: 120_000 };

/** Reads what *Details* tells, and asks the browser for the rest. */
export async function readHeld(page: Page): Promise<Held> {
  await page.getByRole("button", { name: "Details" }).click(patience);
  const [buffers, kept, keyStates] = await Promise.all(
    ["Buffers", "Kept for looking again", "Key states"].map((name) => readFact(page, name)),
  );
  await page.keyboard.press("Escape");
  const [heapBytes, storedBytes] = await page.evaluate(async () => {
    type Measured = { readonly bytes: number };
    const measure = performance as Performance & { measureUserAgentSpecificMemory(): Promise<Measured> };
    const { bytes } = await measure.measureUserAgentSpecificMemory();
    return [bytes, (await navigator.storage.estimate()).usage ?? 0] as const;
  });
  const count = async (name: string) =>
    numberIn((await page.getByRole("heading", { name: new RegExp(`^${name} [\\d,]+$`) }).allTextContents())[0] ?? "0");
  return {
    gpuBuffers: numberIn(buffers),
    gpuBytes: numberIn(/\(([\d,]+) bytes/.exec(buffers ?? "")?.[1] ?? "0"),
    heapBytes,
    storedBytes,
    keptFrames: numberIn(kept),
    keyStates: keyStates ?? "",
    scenes: await count("Scenes"),
    notes: await count("Notes"),
  };
}

function numberIn(text = "0"): number {
  return Number((/[\d,]+/.exec(text)?.[0] ?? "0").replaceAll(",", ""));
}

async function readFact(page: Page, name: string): Promise<string> {
  const found = await page.waitForFunction(
    (wanted) => {
      const term = [...document.querySelectorAll("dialog.details dt")].find((each) => each.textContent === wanted);
      const text = term?.nextElementSibling?.textContent ?? "…";
      return text !== "…" && text;
    },
    name,
    patience,
  );
  return String(await found.jsonValue());
}
