const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** The sentences of an answer in progress that will not change any more; the last one counts once `ended`. */
export function finishedSentences(text: string, ended: boolean): string[] {
  const sentences = [...segmenter.segment(text)].map((part) => part.segment.trim());
  const finished = ended ? sentences : sentences.slice(0, -1);
  return finished.filter((sentence) => sentence !== "");
}
