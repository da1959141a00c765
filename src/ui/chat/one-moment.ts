import type { Turn } from "./conversation.ts";

/** How many turns, from the first on, stand beside each other: neighbours that were asked from one moment, be it in place of one another. */
export function besideEachOther(turns: readonly Turn[]): readonly number[] {
  const counts: number[] = [];
  let group: readonly Turn[] = [];
  for (const turn of turns) {
    const before = group.at(-1);
    if (before && (group.some(({ id }) => id === turn.instead?.id) || isSameMoment(before, turn))) {
      group = [...group, turn];
      counts[counts.length - 1] = group.length;
    } else {
      group = [turn];
      counts.push(1);
    }
  }
  return counts;
}

function isSameMoment({ scope: a }: Turn, { scope: b }: Turn): boolean {
  return a !== null && b !== null && "at" in a && "at" in b && a.at === b.at;
}
