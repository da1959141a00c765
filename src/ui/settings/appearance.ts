import type { Settings } from "./settings.ts";

/** Has the page look by these settings: the sheets ask for `data-theme` and `data-motion`. */
export function applyAppearance({ theme, motion }: Settings, root: HTMLElement = document.documentElement): void {
  root.dataset.theme = theme;
  root.dataset.motion = motion;
}

/** Whether things should stay still: the system says so, or the person did. */
export function prefersStill(): boolean {
  return (
    document.documentElement.dataset.motion === "reduced" || matchMedia("(prefers-reduced-motion: reduce)").matches
  );
}
