/** A clip that ships with the page. `file` lies in `samples/`, `seconds` is its length. */
export type Sample = {
  readonly file: string;
  readonly title: string;
  readonly seconds: number;
  readonly questions: readonly string[];
};

/** The clips that ship with the page, and questions that each one is good for. */
export const samples: readonly Sample[] = [
  {
    file: "one-object.mp4",
    title: "One object",
    seconds: 4,
    questions: ["Describe the video.", "In what direction does the pig go?", "Where is the pig at the start?"],
  },
  {
    file: "two-objects.mp4",
    title: "Two objects",
    seconds: 4,
    questions: ["List the objects.", "On which side of the cat is the guitar?", "Which way does the cat move?"],
  },
  {
    file: "sequence.mp4",
    title: "One after another",
    seconds: 4,
    questions: ["Which object is first?", "Does the key appear before or after the penguin?", "Where is the clock?"],
  },
  {
    file: "counting.mp4",
    title: "How many?",
    seconds: 4,
    questions: [
      "What is the number of bicycles?",
      "What objects appear in the video?",
      "How much does the bicycle weigh?",
    ],
  },
  {
    file: "appearing.mp4",
    title: "Here and gone",
    seconds: 4,
    questions: ["What vanishes?", "What happens in the video?", "What is the star's color?"],
  },
  {
    file: "footage.mp4",
    title: "Cuts and moves",
    seconds: 8,
    questions: ["Count the shots.", "Does the scene change?", "Do you see a sword?"],
  },
  {
    file: "five-minutes.mp4",
    title: "Five minutes",
    seconds: 300,
    questions: ["What do you see first?", "What appears last?", "Is a hat shown?"],
  },
];

/** Questions that fit any video. */
export const anyVideoQuestions: readonly string[] = [
  "What happens in the video?",
  "What do you see?",
  "What is the dominant color?",
  "Are there any cuts?",
];

/** Address of a clip that ships with the page. */
export function sampleUrl(sample: Sample): string {
  return new URL(`samples/${sample.file}`, document.baseURI).href;
}
