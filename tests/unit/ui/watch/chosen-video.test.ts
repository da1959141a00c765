import { expect, test } from "vitest";
import { filesToOpen, inOrder } from "../../../../src/ui/watch/chosen-video.ts";

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

test("of a folder what can be watched is, in the order of its names, whatever order it comes in", () => {
  const file = (path: string, type = "") => ({ path, file: new File([], path.split("/").at(-1) ?? "", { type }) });
  const dropped = [
    file("DCIM/101/clip 1.mp4", "video/mp4"),
    file("DCIM/100/clip 10.MOV"),
    file("DCIM/100/clip 9.mov"),
    file("DCIM/100/._clip 9.mov"),
    file("DCIM/.Trashes/clip 8.mov"),
    file("DCIM/100/clip 9.thm"),
    file("loose.txt"),
  ];
  expect(filesToOpen(dropped).map(({ name }) => name)).toEqual([
    "loose.txt",
    "clip 9.mov",
    "clip 10.MOV",
    "clip 1.mp4",
  ]);
  expect(filesToOpen([file("notes/a.txt"), file("notes/b.pdf")])).toEqual([]);
});
