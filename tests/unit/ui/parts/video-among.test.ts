import { expect, test } from "vitest";
import { videoAmong } from "../../../../src/ui/parts/video-among.ts";

const file = (name: string, type = "") => ({ name, type });

test.each([
  [[file("notes.md", "text/markdown"), file("film.ts")], "film.ts"],
  [[file("notes.md"), file("film.MTS", "application/octet-stream")], "film.MTS"],
  [[file("cover.jpg", "image/jpeg"), file("film.mkv")], "film.mkv"],
  [[file("film.mkv"), file("clip.mp4", "video/mp4")], "clip.mp4"],
  [[file("still.png", "image/png"), file("moving.gif", "image/gif")], "moving.gif"],
  [[file("readme"), file("still.png", "image/png")], "still.png"],
  [[file("readme")], "readme"],
  [[], undefined],
])("of several files the video is taken", (files, name) => {
  expect(videoAmong(files)?.name).toBe(name);
});
