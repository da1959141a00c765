/**
 * Whether a key sends the question. Enter that ends a composition does not; Safari tells of that one only after the
 * composition has ended, with the key code that stands for an input method.
 */
export function sends(event: Pick<KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode">): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
