import type { ReactNode } from "react";

/** As much of a node of React's tree as tells whether it rendered. */
type Fiber = {
  readonly type: unknown;
  readonly flags: number;
  readonly child: Fiber | null;
  readonly sibling: Fiber | null;
  /** The node before the commit; null where it is new. */
  readonly alternate: Fiber | null;
};

/** React's flag of a node whose component was called in this commit. */
const performedWork = 1;

const counts = new Map<string, number>();

// Where React's developer tools listen; it is looked for as react-dom loads.
Object.assign(globalThis, {
  __REACT_DEVTOOLS_GLOBAL_HOOK__: {
    supportsFiber: true,
    inject: () => 1,
    onCommitFiberRoot: (_renderer: number, { current }: { readonly current: Fiber }) => count(current),
    onCommitFiberUnmount: () => undefined,
    onPostCommitFiberRoot: () => undefined,
  },
});

function count(fiber: Fiber): void {
  const before = fiber.alternate;
  if (typeof fiber.type === "function" && (before === null || fiber.flags & performedWork)) {
    counts.set(fiber.type.name, (counts.get(fiber.type.name) ?? 0) + 1);
  }
  // The same children: nothing below was looked at.
  if (fiber.child === before?.child) return;
  for (let child = fiber.child; child; child = child.sibling) count(child);
}

/** Shows `node` in the document. */
export async function render(node: ReactNode): Promise<void> {
  const { createRoot } = await import("react-dom/client");
  const root = document.createElement("div");
  document.body.append(root);
  createRoot(root).render(node);
  await painted();
}

/** How often each component, by name, rendered while `act` ran. */
export async function rendersOf(act: () => Promise<void>): Promise<Record<string, number>> {
  await painted();
  counts.clear();
  await act();
  await painted();
  return Object.fromEntries(counts);
}

/** Resolves once what was changed is on the screen. */
export function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
