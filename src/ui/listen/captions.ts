import type { SessionSnapshot, TranscriptLine } from "../../session/types.ts";
import type { Store } from "../parts/store.ts";

const label = "What is said";

/**
 * Keeps a caption track on the player that has the transcript's lines; returns what ends that. The person shows it with the
 * player's own button.
 *
 * @param part where on the timeline the player's file lies: what is said before and after is not said in it
 */
export function attachCaptions(
  player: HTMLVideoElement,
  watch: Store<SessionSnapshot>,
  { from, until }: { readonly from: number; readonly until: number },
): () => void {
  const track =
    [...player.textTracks].find((each) => each.label === label) ?? player.addTextTrack("captions", label, "en");
  if (track.mode === "disabled") track.mode = "hidden";
  const cues = new Map<TranscriptLine, VTTCue>();
  let shown: readonly TranscriptLine[] = [];
  const follow = () => {
    const { lines } = watch.snapshot.transcript;
    if (lines === shown) return;
    shown = lines;
    const wanted = new Set(lines);
    for (const [line, cue] of cues) {
      if (wanted.has(line)) continue;
      track.removeCue(cue);
      cues.delete(line);
    }
    for (const line of lines) {
      if (cues.has(line) || line.startSeconds < from || line.startSeconds >= until) continue;
      const [start, end] = [line.startSeconds - from, line.endSeconds - from];
      const cue = new VTTCue(start, Math.max(end, start + 0.001), asCueText(line.text));
      cues.set(line, cue);
      track.addCue(cue);
    }
  };
  const unsubscribe = watch.subscribe(follow);
  follow();
  return () => {
    unsubscribe();
    for (const cue of cues.values()) track.removeCue(cue);
  };
}

/** Cues are markup: what is said is none. */
function asCueText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
