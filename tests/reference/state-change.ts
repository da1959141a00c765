/** Sums of the squares of `now` − `before`, and of `now`. */
export function sumChange(now: ArrayLike<number>, before: ArrayLike<number>): [changed: number, all: number] {
  let [changed, all] = [0, 0];
  for (let i = 0; i < now.length; i++) {
    changed += ((now[i] as number) - (before[i] as number)) ** 2;
    all += (now[i] as number) ** 2;
  }
  return [changed, all];
}
