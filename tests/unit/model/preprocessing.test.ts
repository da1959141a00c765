import { expect, test } from "vitest";
import { describePreprocessing } from "../../../src/model/layouts/preprocessing.ts";

const encoder = { imageSize: 384, patchSize: 16, pads: false };
const clip = { image_processor_type: "CLIPImageProcessor", size: { shortest_edge: 384 }, crop_size: 384 };
const clipMean = [0.48145466, 0.4578275, 0.40821073];

test.each<[string, Record<string, unknown>, Partial<typeof encoder>, Record<string, unknown>]>([
  ["CLIP's own defaults", clip, {}, { fit: "crop", resize_edge: 384, image_mean: clipMean, resample: "bicubic" }],
  ["an older name of the class", { feature_extractor_type: "CLIPFeatureExtractor" }, {}, { image_mean: clipMean }],
  ["both sides", { ...clip, size: { height: 384, width: 384 } }, {}, { fit: "stretch", image_mean: clipMean }],
  ["padding", clip, { pads: true }, { fit: "letterbox" }],
  ["SigLIP", { image_processor_type: "SiglipImageProcessor", size: 384 }, {}, { fit: "stretch", resample: "bicubic" }],
  ["its colours", { image_processor_type: "SiglipImageProcessor" }, {}, { image_mean: [0.5, 0.5, 0.5] }],
  ["no class", { do_center_crop: true, image_mean: [0, 0, 0] }, {}, { fit: "crop", image_mean: [0, 0, 0] }],
  ["no normalising", { ...clip, do_normalize: false }, {}, { image_mean: [0, 0, 0], image_std: [1, 1, 1] }],
  ["no rescaling", { ...clip, do_rescale: false }, {}, { rescale_factor: 1 }],
  // 27 × 27 patches of 14 and 6 pixels that fill none.
  ["a size of no whole patches", { size: 384 }, { imageSize: 378, patchSize: 14 }, { image_size: 384 }],
])("reads %s", (_, json, changes, expected) => {
  expect(describePreprocessing(json, { ...encoder, ...changes })).toMatchObject({ columns_first: false, ...expected });
});

test.each<[Record<string, unknown>, RegExp]>([
  [{ ...clip, crop_size: 336 }, /makes pictures of 336 × 336 pixels, and its encoder takes 384 × 384/],
  [{ ...clip, crop_size: { height: 384, width: 400 } }, /makes pictures of 400 × 384 pixels/],
  [{ ...clip, size: { shortest_edge: 224 } }, /fills pictures of 224 pixels up to 384 with black/],
  [{ ...clip, size: { height: 400, width: 500 } }, /resizes pictures to 500 × 400 and cuts 384 × 384/],
  [{ ...clip, do_center_crop: false }, /keeps pictures in their shape/],
  [{ image_processor_type: "SiglipImageProcessor", size: 224 }, /makes pictures of 224 × 224/],
  [{ image_processor_type: "Siglip2ImageProcessor" }, /pictures of any shape \(NaFlex\)/],
  [{ image_processor_type: "Qwen2VLImageProcessor" }, /several pieces \(Qwen2VLImageProcessor/],
  [{ ...clip, do_resize: false }, /as large as they are \(do_resize/],
  [{ ...clip, do_pad: true }, /asks for do_pad/],
])("refuses %j by name", (json, message) => {
  expect(() => describePreprocessing(json, encoder)).toThrow(
    expect.objectContaining({ code: "ModelUnsupported", message: expect.stringMatching(message) }),
  );
});

test("names a field that is none", () => {
  for (const [json, field] of [
    [{ resample: 0 }, /resample should be 1, 2 or 3/],
    [{ ...clip, size: "large" }, /size and crop_size should be a number/],
    [{ image_mean: [0.5] }, /image_mean/],
  ] as const)
    expect(() => describePreprocessing(json, encoder)).toThrow(
      expect.objectContaining({ code: "ModelCorrupt", message: expect.stringMatching(field) }),
    );
});
