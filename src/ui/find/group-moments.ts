import type { Moment } from "../../session/types.ts";

/** Moments this close to each other are shown as one. */
const sameSceneSeconds = 8;

/** Most results of what was seen: it has a likelihood for every frame, and soon they say nothing. */
const mostSeen = 12;

/** Most results that are shown: whoever wants more types another word. */
const mostShown = 50;

/** What is shown of moments that come best first: those of a kind that lie together are one. */
export function groupMoments(moments: readonly Moment[]): Moment[] {
  const words = joinTexts(moments.filter(({ kind }) => kind !== "seen"));
  const seen = bestOfEach(moments.filter(({ kind }) => kind === "seen")).slice(0, mostSeen);
  return [...words, ...seen].sort((a, b) => b.score - a.score).slice(0, mostShown);
}

/** Of pictures around the same time the best one alone. */
function bestOfEach(moments: readonly Moment[]): Moment[] {
  const best: Moment[] = [];
  for (const moment of moments)
    if (!best.some(({ seconds }) => Math.abs(seconds - moment.seconds) < sameSceneSeconds)) best.push(moment);
  return best;
}

/** Texts around the same time as one, at the place of the first of them. */
function joinTexts(moments: readonly Moment[]): Moment[] {
  const groups: Moment[] = [];
  for (const moment of moments) {
    const at = groups.findIndex(
      (each) =>
        each.kind === moment.kind &&
        moment.seconds <= each.until + sameSceneSeconds &&
        moment.until >= each.seconds - sameSceneSeconds,
    );
    const near = groups[at];
    if (!near) groups.push(moment);
    else {
      const [first, second] = near.seconds <= moment.seconds ? [near, moment] : [moment, near];
      groups[at] = {
        ...near,
        seconds: first.seconds,
        until: Math.max(near.until, moment.until),
        text: `${first.text} ${second.text}`,
        thumbnail: first.thumbnail,
      };
    }
  }
  return groups;
}
