import { expect, test } from "vitest";
import { videosAmong } from "../../../../src/ui/parts/videos-among.ts";

const file = (name: string, type = "") => ({ name, type });

test.each([
  [[file("notes.md", "text/markdown"), file("film.ts")], ["film.ts"]],
  [[file("notes.md"), file("film.MTS", "application/octet-stream")], ["film.MTS"]],
  [[file("cover.jpg", "image/jpeg"), file("film.mkv")], ["film.mkv"]],
  [
    [file("film.mkv"), file("readme"), file("clip.mp4", "video/mp4")],
    ["film.mkv", "clip.mp4"],
  ],
  [[file("still.png", "image/png"), file("moving.gif", "image/gif")], ["moving.gif"]],
  [[file("readme"), file("still.png", "image/png")], ["still.png"]],
  [[file("readme"), file("kept.aurora")], ["readme"]],
  [[], []],
])("of several files the videos are taken", (files, names) => {
  expect(videosAmong(files).map(({ name }) => name)).toEqual(names);
});
