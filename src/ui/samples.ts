/** A clip that ships with the page. `file` lies in `samples/`. */
export type Sample = { readonly file: string; readonly title: string; readonly questions: readonly string[] };

/** The clips that ship with the page, and questions that each one is good for. */
export const samples: readonly Sample[] = [
  {
    file: "one-object.mp4",
    title: "One object",
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
