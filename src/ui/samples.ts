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
    questions: [
      "What is happening?",
      "Which way does the basketball move?",
      "Where does the basketball start?",
      "Is there a ladybug in the video?",
    ],
  },
  {
    file: "two-objects.mp4",
    title: "Two objects",
    seconds: 4,
    questions: [
      "What do you see?",
      "Which direction does the hat move?",
      "Does the camera get bigger or smaller?",
      "What happens in the video?",
    ],
  },
  {
    file: "sequence.mp4",
    title: "One after another",
    seconds: 4,
    questions: [
      "What comes first?",
      "Describe what happens.",
      "What is the color of the triangle?",
      "Where in the frame is the snail?",
    ],
  },
  {
    file: "counting.mp4",
    title: "How many?",
    seconds: 4,
    questions: [
      "How many octopuses do you see?",
      "Which objects are there?",
      "Do you see a key?",
      "What color is the background?",
    ],
  },
  {
    file: "appearing.mp4",
    title: "A late arrival",
    seconds: 4,
    questions: [
      "What appears later?",
      "In what direction does the red circle go?",
      "Is the circle left or right of the dog?",
      "Where does the circle end up?",
    ],
  },
];

/** Questions that fit any video. */
export const anyVideoQuestions: readonly string[] = [
  "What happens in the video?",
  "What do you see?",
  "What comes first?",
  "What color is the background?",
];
