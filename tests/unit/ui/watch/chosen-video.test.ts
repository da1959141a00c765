import { expect, test } from "vitest";
import { inOrder } from "../../../../src/ui/watch/chosen-video.ts";

const named = (...names: string[]) => names.map((name) => ({ name }));

test("pieces of one recording are put in the order of their numbers", () => {
  expect(inOrder(named("GH010012.MP4", "GH010009.MP4", "GH010010.MP4"))).toEqual(
    named("GH010009.MP4", "GH010010.MP4", "GH010012.MP4"),
  );
  expect(inOrder(named("part 10.mp4", "part 9.mp4"))).toEqual(named("part 9.mp4", "part 10.mp4"));
});

test("other files stay in the order in which they were given", () => {
  const files = named("zoo.mp4", "beach.mov", "night 2.mp4");
  expect(inOrder(files)).toEqual(files);
});
