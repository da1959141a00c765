import { anyVideoQuestions, type Sample, sampleUrl } from "./samples.ts";

/** The video on the page: what is watched (`source`), what the player plays (`url`), and questions to offer. */
export type ChosenVideo = {
  readonly source: Blob | string;
  readonly url: string;
  readonly name: string;
  readonly questions: readonly string[];
};

/** A file as the video to watch. */
export function videoFromFile(file: File): ChosenVideo {
  return { source: file, url: URL.createObjectURL(file), name: file.name, questions: anyVideoQuestions };
}

/** A clip that ships with the page as the video to watch. */
export function videoFromSample(sample: Sample): ChosenVideo {
  const url = sampleUrl(sample);
  return { source: url, url, name: sample.title, questions: sample.questions };
}
