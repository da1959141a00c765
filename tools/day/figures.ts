import type { Page } from "playwright";

/** What the page holds at a time, in bytes where nothing else is said. */
export type Held = {
  readonly gpuBuffers: number;
  readonly gpuBytes: number;
  /** JavaScript and document of the page, and JavaScript of its workers, as the browser counts them. */
  readonly pageBytes: number;
  readonly workerBytes: number;
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
  const measured = await page.evaluate(async () => {
    type Share = { readonly bytes: number; readonly attribution: readonly { readonly scope: string }[] };
    const measure = performance as Performance & {
      measureUserAgentSpecificMemory(): Promise<{ readonly breakdown: readonly Share[] }>;
    };
    const { breakdown } = await measure.measureUserAgentSpecificMemory();
    const held = { pageBytes: 0, workerBytes: 0, storedBytes: (await navigator.storage.estimate()).usage ?? 0 };
    for (const { bytes, attribution } of breakdown) {
      if (attribution.some(({ scope }) => /Worker/.test(scope))) held.workerBytes += bytes;
      else held.pageBytes += bytes;
    }
    return held;
  });
  const count = async (name: string) =>
    numberIn((await page.getByRole("heading", { name: new RegExp(`^${name} [\\d,]+$`) }).allTextContents())[0] ?? "0");
  return {
    gpuBuffers: numberIn(buffers),
    gpuBytes: numberIn(/\(([\d,]+) bytes/.exec(buffers ?? "")?.[1] ?? "0"),
    ...measured,
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
