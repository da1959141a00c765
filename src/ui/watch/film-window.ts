/** Frames `first` (included) to `end` (not included). */
export type FilmWindow = { readonly first: number; readonly end: number };

/** The frames of a strip of `count` pictures, `step` pixels apart, that show at this scroll position, and two more on each side. */
export function visibleFrames(count: number, step: number, scrollLeft: number, width: number): FilmWindow {
  const first = Math.floor(scrollLeft / step) - 2;
  const end = Math.ceil((scrollLeft + width) / step) + 2;
  return { first: Math.min(Math.max(first, 0), count), end: Math.min(Math.max(end, 0), count) };
}

/** The scroll position nearest to `scrollLeft` at which picture `index` shows wholly, with `margin` pixels to spare. */
export function scrollToFrame(index: number, step: number, scrollLeft: number, width: number, margin: number): number {
  const furthestLeft = (index + 1) * step + margin - width;
  const furthestRight = index * step - margin;
  return Math.max(0, Math.min(Math.max(scrollLeft, furthestLeft), furthestRight));
}
