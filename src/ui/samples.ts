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
    questions: ["What comes first?", "Describe what happens.", "What is the color of the triangle?"],
  },
  {
    file: "counting.mp4",
    title: "How many?",
    seconds: 4,
    questions: ["How many stars are there?", "What is going on?", "What is the background color?"],
  },
  {
    file: "appearing.mp4",
    title: "A late arrival",
    seconds: 4,
    questions: ["What appears later?", "Where does the circle end up?", "Is the circle left or right of the dog?"],
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
    questions: ["What comes first?", "Is the butterfly before or after the heart?", "Is there a hat?"],
  },
];

/** Questions that fit any video. */
export const anyVideoQuestions: readonly string[] = [
  "What happens in the video?",
  "What do you see?",
  "What is the dominant color?",
  "Are there any cuts?",
];
