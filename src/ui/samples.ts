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
    questions: ["What appears first?", "What is going on?", "Which object is last?"],
  },
  {
    file: "counting.mp4",
    title: "How many?",
    seconds: 4,
    questions: ["What is the number of bicycles?", "What is going on?", "Do you see a cat?"],
  },
  {
    file: "appearing.mp4",
    title: "Here and gone",
    seconds: 4,
    questions: [
      "What goes away?",
      "In which part of the picture is the donut?",
      "What is the position of the blue circle?",
    ],
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
