/** Before an item of a list goes with a button in it: gives the focus to that button's like in the item beside, or else to the question. */
export function focusNeighbour(button: HTMLButtonElement): void {
  const item = button.closest("li");
  const beside = item?.nextElementSibling ?? item?.previousElementSibling;
  const next = beside ? [...beside.querySelectorAll("button")].at(-1) : null;
  (next ?? document.getElementById("question"))?.focus();
}
