import { useMemo } from "react";
import { type Conversation, momentOf, type Turn } from "../chat/conversation.ts";
import { sameItems, useSnapshot } from "../parts/use-snapshot.ts";
import { type Mark, marksOf } from "../timeline/marks.ts";
import { Timeline, type TimelineProps } from "../timeline/Timeline.tsx";

type MarkedTimelineProps = Omit<TimelineProps, "marks"> & { readonly conversation: Conversation };

/** The timeline with the scenes, the notes and the answers on it. */
export function MarkedTimeline({ conversation, ...timeline }: MarkedTimelineProps) {
  const { watch } = timeline;
  const answers = useSnapshot(conversation, answerMoments, sameItems);
  const scenes = useSnapshot(watch, (now) => now.scenes);
  const notes = useSnapshot(watch, (now) => now.notes);
  const marks = useMemo(() => [...marksOf(scenes, notes), ...answers.map(markOf)], [scenes, notes, answers]);
  return <Timeline {...timeline} marks={marks} />;
}

/** Moments and questions of what was answered, each as one text so that two lists are told apart by their items. */
function answerMoments(turns: readonly Turn[]): readonly string[] {
  const answered = turns.filter(({ status }) => status === "done" || status === "stopped");
  return answered.map((turn) => `${momentOf(turn) ?? 0} ${turn.question}`);
}

function markOf(answer: string): Mark {
  const space = answer.indexOf(" ");
  return { kind: "answer", seconds: Number(answer.slice(0, space)), label: answer.slice(space + 1) };
}
