import { describe, expect, it } from "vitest";
import { fitTargets, fitView } from "../../../src/vision/fit.ts";

const fit = (name: "crop" | "stretch" | "letterbox") => ({ fit: name, imageMean: [0.5, 0.5, 0.5] }) as const;

describe("fitView", () => {
  it.each([
    ["crop", 101, 50, 0, 1, { x: 25, y: 0, width: 50, height: 50 }],
    ["crop", 101, 50, 90, 1, { x: 0, y: 25, width: 50, height: 50 }],
    ["letterbox", 101, 50, 0, 1, { x: 0, y: -25, width: 101, height: 101 }],
    ["stretch", 101, 50, 270, 1, { x: 0, y: 0, width: 50, height: 101 }],
  ] as const)("%s of %i×%i turned by %i, pixels square", (name, width, height, rotation, aspect, view) => {
    expect(fitView(fit(name), width, height, rotation, aspect)).toMatchObject(view);
  });

  it.each([
    // 720×480 shown as 640×480 (pixels 8/9 wide): the central square is 480 lines of 540 pixels
    ["crop", 720, 480, 0, 8 / 9, { x: 90, y: 0, width: 540, height: 480 }],
    ["crop", 720, 480, 90, 8 / 9, { x: 0, y: 90, width: 480, height: 540 }],
    // 720×576 shown as 1024×576: padded to 1024 lines
    ["letterbox", 720, 576, 0, 64 / 45, { x: 0, y: -224, width: 720, height: 1024 }],
    ["stretch", 720, 576, 0, 64 / 45, { x: 0, y: 0, width: 720, height: 576 }],
  ] as const)("%s of %i×%i turned by %i, pixels %d wide", (name, width, height, rotation, aspect, view) => {
    expect(fitView(fit(name), width, height, rotation, aspect)).toMatchObject(view);
  });
});

describe("fitTargets", () => {
  // Lengths and cuts as transformers' get_resize_output_image_size and center_crop give them.
  it.each([
    ["crop", 96, 37, 23, 0, 1, { length: 154, begin: 29 }, { length: 96, begin: 0 }],
    ["crop", 128, 37, 23, 0, 1, { length: 205, begin: 54 }, { length: 128, begin: 16 }],
    ["crop", 96, 720, 1280, 0, 1, { length: 96, begin: 0 }, { length: 170, begin: 37 }],
    // Turned: 480×720 stored, 720×480 seen.
    ["crop", 96, 480, 720, 90, 1, { length: 144, begin: 24 }, { length: 96, begin: 0 }],
    // 720×480 shown as 640×480.
    ["crop", 96, 720, 480, 0, 8 / 9, { length: 128, begin: 16 }, { length: 96, begin: 0 }],
    ["stretch", 96, 720, 480, 0, 1, { length: 96, begin: 0 }, { length: 96, begin: 0 }],
    ["crop", null, 480, 480, 0, 1, { length: 96, begin: 0 }, { length: 96, begin: 0 }],
  ] as const)("%s with an edge of %j of %i×%i turned by %i, pixels %d wide", (...row) => {
    const [name, resizeEdge, width, height, rotation, aspect, across, down] = row;
    const vision = { ...fit(name), imageSize: 96, resizeEdge };
    const view = fitView(vision, width, height, rotation, aspect);
    expect(fitTargets(vision, view, aspect)).toEqual({ across, down });
  });
});
