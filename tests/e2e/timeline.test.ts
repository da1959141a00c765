import type { Page } from "@playwright/test";
import { expect, test, turns, watchedToTheEnd } from "./app.ts";

const playerTime = (page: Page) =>
  page.locator("video.player").evaluate((video: HTMLVideoElement) => video.currentTime);

test("the timeline: pressed, dragged, by key, zoomed; asked as of a time and about a range", async ({ app }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await watchedToTheEnd(app);
  const timeline = app.getByRole("slider", { name: "Timeline" });
  await expect(timeline).toHaveAttribute("aria-valuemax", "4");
  await expect(timeline).toHaveAttribute("aria-valuetext", "0:00 of 0:04, watched to 0:04");
  const { x = 0, y = 0, width = 0, height = 0 } = (await timeline.boundingBox()) ?? {};
  const at = (share: number) => [x + width * share, y + height / 2] as const;

  await app.mouse.click(...at(0.75));
  await expect.poll(() => playerTime(app)).toBeCloseTo(3, 1);
  await timeline.press("Home");
  await timeline.press("ArrowRight");
  await timeline.press("ArrowRight");
  await expect(timeline).toHaveAttribute("aria-valuenow", "1");
  await expect.poll(() => playerTime(app)).toBe(1);
  await expect(app.getByRole("option", { name: "Frame 3, 0:01" })).toHaveAttribute("aria-selected", "true");

  // Pressed with a question in the box, it is asked; without one, the box asks it next.
  const box = app.getByRole("textbox", { name: "Question" });
  await box.fill("What do you see?");
  await app.getByRole("button", { name: "Ask as of 0:01", exact: true }).click();
  await expect(turns(app).last()).toHaveAttribute("data-status", "done");
  await expect(turns(app).last()).toContainText("as of 0:01 · after 3 frames");
  await timeline.press("End");
  await app.getByRole("button", { name: "Ask as of 0:04" }).click();
  await expect(box).toBeFocused();
  await expect(app.getByText("Asks as of 0:04")).toBeVisible();
  await box.fill("What is the background color?");
  await box.press("Enter");
  await expect(turns(app).last()).toContainText("as of 0:04 · after 8 frames");

  // The answers stand at their times.
  await app
    .getByRole("list", { name: "Marks" })
    .getByRole("button", { name: "Answer at 0:01: What do you see?" })
    .click();
  await expect(timeline).toHaveAttribute("aria-valuenow", "1");

  await app.mouse.move(...at(0.25));
  await app.mouse.down();
  await app.mouse.move(...at(0.5), { steps: 4 });
  await app.mouse.up();
  await expect.poll(() => playerTime(app)).toBeCloseTo(2, 1);
  await box.fill("What do you see?");
  await app.getByRole("button", { name: /^Look again 0:01.* to 0:02/ }).click();
  await expect(turns(app).last()).toContainText(/looked again · 0:01.* to 0:02.* alone · after [23] frames/);

  await timeline.press("Home");
  await timeline.press("Shift+ArrowRight");
  await timeline.press("Shift+ArrowRight");
  await expect(app.getByRole("button", { name: "Look again 0:00 to 0:01" })).toBeVisible();
  await timeline.press("Escape");
  await expect(app.getByRole("button", { name: /^Look again 0/ })).toHaveCount(0);

  await app.getByRole("button", { name: "Zoom in" }).click();
  await expect(app.getByText("Showing 0:00.5 to 0:02.5 of 0:04")).toBeVisible();
  await timeline.press("End");
  await expect(app.getByText("Showing 0:02 to 0:04 of 0:04")).toBeVisible();
  await app.getByRole("button", { name: "Whole video" }).click();
  await expect(app.getByRole("button", { name: "Zoom out" })).toBeDisabled();
});
